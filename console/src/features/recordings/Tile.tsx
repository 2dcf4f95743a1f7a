import { useState } from 'react';

import { placeOnSheet, type Previews } from './previews';

interface Props {
  /** The address of the sheet. */
  sheet: string;
  previews: Previews;
  index: number;
}

/** One picture of a sheet, as wide as there is room. It says nothing that is not written beside it. */
export function Tile({ sheet, previews, index }: Props) {
  const [loaded, setLoaded] = useState<string>();
  const { width, height, columns } = previews;
  const { column, row } = placeOnSheet(previews, index);
  return (
    <span className="tile" style={{ aspectRatio: `${width} / ${height}` }}>
      <img src={sheet} alt="" style={{ width: `${columns * 100}%`, left: `${-column * 100}%`, top: `${-row * 100}%` }} onLoad={() => setLoaded(sheet)} data-loaded={loaded === sheet || undefined} draggable={false} />
    </span>
  );
}
