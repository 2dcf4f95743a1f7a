import { Component, type ReactNode } from 'react';
import { Button, Stack } from '@mantine/core';
import { Translation } from 'react-i18next';

import { Failed } from '~/components/States';

interface State {
  error: unknown;
}

/** Keeps what goes wrong in one part of the page from taking the rest with it. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: undefined };

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return (
      <Stack p="md">
        <Failed problem={this.state.error} retry={() => this.setState({ error: undefined })} />
        <Translation>
          {(t) => (
            <Button variant="default" w="max-content" onClick={() => location.reload()}>
              {t('common.reload')}
            </Button>
          )}
        </Translation>
      </Stack>
    );
  }
}
