import { useSearchParams } from 'react-router';

/** The tab that the address names, and how to choose another. */
export function useTab<T extends string>(tabs: readonly T[]): [T, (tab: string | null) => void] {
  const [search, setSearch] = useSearchParams();
  const tab = tabs.find((known) => known === search.get('tab')) ?? (tabs[0] as T);
  return [tab, (next) => setSearch(next ? { tab: next } : {}, { replace: true })];
}
