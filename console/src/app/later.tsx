import { createElement, useEffect, useState, type ComponentType } from 'react';

/**
 * A component that the first page does without: it is loaded when the browser has nothing else to do, or when it is wanted before. Until
 * it is there nothing is shown; where it cannot be loaded, as with a server that is away, it is tried again when it is wanted again.
 */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let known: ComponentType<P> | undefined;
  let loading: Promise<void> | undefined;
  const get = () =>
    (loading ??= load().then(
      (component) => void (known = component),
      () => void (loading = undefined),
    ));
  whenIdle(get);
  return function Later(props: P) {
    const [shown, setShown] = useState(() => known);
    useEffect(() => {
      // It may have come since this was drawn.
      if (!shown) void get().then(() => setShown(() => known));
    });
    return shown ? createElement(shown, props) : null;
  };
}

function whenIdle(act: () => Promise<void>) {
  const idle = () => ('requestIdleCallback' in window ? requestIdleCallback(() => void act(), { timeout: 5_000 }) : setTimeout(() => void act(), 1_000));
  if (document.readyState === 'complete') idle();
  else window.addEventListener('load', idle, { once: true });
}
