import { useRouteError } from 'react-router';

import { Failed } from '~/components/States';

/** A page that could not be shown; after an update of the server its files may have other names. */
export function Trouble() {
  return <Failed problem={useRouteError()} retry={() => location.reload()} />;
}
