// Stands in for @emotion/react, of which the pages use `jsx` only. What Reflex writes as `css` becomes an inline style:
// rules for states such as `&:hover` are left out, and only the screen of a crashed page has any.
import { createElement } from "react";

const plain = (css) => Object.fromEntries(Object.entries(css).filter(([, value]) => typeof value !== "object"));

export const jsx = (type, props, ...children) => {
  if (!props?.css) return createElement(type, props, ...children);
  const { css, style, ...rest } = props;
  return createElement(type, { ...rest, style: { ...plain(css), ...style } }, ...children);
};
