import { Encoder } from '~/features/golive/Encoder';

export function StreamStep() {
  return <Encoder first />;
}
