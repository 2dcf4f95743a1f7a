import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { Suspense } from 'react';

import { queries } from '~/api/queries';
import { ConfirmProvider } from '~/components/confirm';
import { ErrorBoundary } from './ErrorBoundary';
import { later } from './later';
import { nonce } from './nonce';
import { Places } from './router';
import { SessionProvider } from './session';
import { theme, variables } from './theme';

const Notices = later(async () => (await import('./Notices')).Notices);

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <Notices position="bottom-right" autoClose={4000} />
      <ErrorBoundary>
        <QueryClientProvider client={queries}>
          <SessionProvider>
            <ConfirmProvider>
              <Suspense>
                <Places />
              </Suspense>
            </ConfirmProvider>
          </SessionProvider>
        </QueryClientProvider>
      </ErrorBoundary>
    </MantineProvider>
  );
}
