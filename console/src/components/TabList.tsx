import { Tabs } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';

interface Props {
  children: ReactNode;
  mb?: 'sm' | 'md';
}

/**
 * The names of tabs, in one line. Where that is too long it is moved sideways: by finger, by keys, which choose and so move, and by the
 * arrows at its ends, which are for the mouse alone. The chosen one is always in view.
 */
export function TabList({ children, mb = 'md' }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const [hidden, setHidden] = useState({ before: false, after: false });

  useEffect(() => {
    const line = list.current;
    if (!line) return;
    const look = () => {
      const before = line.scrollLeft > 1;
      const after = line.scrollLeft + line.clientWidth < line.scrollWidth - 1;
      setHidden((known) => (known.before === before && known.after === after ? known : { before, after }));
    };
    const show = () => {
      const chosen = line.querySelector<HTMLElement>('[role=tab][aria-selected=true]');
      if (chosen) bring(line, chosen);
      look();
    };
    // The width of the window; figures beside names, which change while somebody looks for another; what is chosen, by whatever way.
    const room = new ResizeObserver(show);
    room.observe(line);
    const sizes = new ResizeObserver(look);
    for (const tab of line.children) sizes.observe(tab);
    const choice = new MutationObserver(show);
    choice.observe(line, { subtree: true, attributes: true, attributeFilter: ['aria-selected'] });
    line.addEventListener('scroll', look, { passive: true });
    return () => {
      room.disconnect();
      sizes.disconnect();
      choice.disconnect();
      line.removeEventListener('scroll', look);
    };
  }, []);

  const move = (way: 1 | -1) => list.current?.scrollBy({ left: way * list.current.clientWidth * 0.7, behavior: still() ? 'auto' : 'smooth' });
  return (
    <div className="tabs" data-before={hidden.before || undefined} data-after={hidden.after || undefined} style={{ marginBottom: `var(--mantine-spacing-${mb})` }}>
      <Tabs.List ref={list}>{children}</Tabs.List>
      {hidden.before && (
        <button type="button" className="tabs-more" data-side="before" aria-hidden tabIndex={-1} onClick={() => move(-1)}>
          <IconChevronLeft size={16} />
        </button>
      )}
      {hidden.after && (
        <button type="button" className="tabs-more" data-side="after" aria-hidden tabIndex={-1} onClick={() => move(1)}>
          <IconChevronRight size={16} />
        </button>
      )}
    </div>
  );
}

/** Moves `line` so that `tab` is seen, with a part of its neighbour, and the page not at all. */
function bring(line: HTMLElement, tab: HTMLElement) {
  const begin = tab.offsetLeft - MARGIN;
  const end = tab.offsetLeft + tab.offsetWidth + MARGIN;
  if (begin < line.scrollLeft) line.scrollLeft = begin;
  else if (end > line.scrollLeft + line.clientWidth) line.scrollLeft = end - line.clientWidth;
}

const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** As wide as what covers the ends of the line. */
const MARGIN = 40;
