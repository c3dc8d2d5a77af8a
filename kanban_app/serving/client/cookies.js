// Stands in for universal-cookie: no state of the app is kept in a cookie that scripts may write.
export default class Cookies {
  get() {
    return undefined;
  }

  set(name) {
    throw new Error(`no cookie is written by scripts: ${name}`);
  }

  remove() {}
}
