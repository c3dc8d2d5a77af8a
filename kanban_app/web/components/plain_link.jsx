// A link that loads another page, where the router's own would look for it inside this project.

export function PlainLink({ to, children, ...rest }) {
  return (
    <a href={to} {...rest}>
      {children}
    </a>
  );
}
