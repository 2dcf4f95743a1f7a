import type { Key, ReactNode } from 'react';

export interface Column<T> {
  /** What the column is called; on phones, what the cell is called. */
  name: string;
  cell: (row: T) => ReactNode;
  /** Figures stand at the end. */
  end?: boolean;
  /** On phones: the headline of the card. */
  lead?: boolean;
  /** Buttons: on phones without the name. */
  bare?: boolean;
}

interface Props<T> {
  /** What the list is of, for who does not see it. */
  label: string;
  columns: Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => Key;
}

/** What a cell says of which nothing is known: on phones it is left out. */
const NONE = '–';

/** A table; on phones a list of cards. */
export function List<T>({ label, columns, rows, rowKey }: Props<T>) {
  return (
    <table className="list" aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.name} scope="col" data-end={column.end || undefined} data-bare={column.bare || undefined}>
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map((column) => {
              const cell = column.cell(row);
              return (
                <td
                  key={column.name}
                  data-name={column.name}
                  data-end={column.end || undefined}
                  data-lead={column.lead || undefined}
                  data-bare={column.bare || undefined}
                  data-none={cell === NONE || undefined}
                  className={column.end ? 'numbers' : undefined}
                >
                  {column.bare ? <div className="list-actions">{cell}</div> : cell}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
