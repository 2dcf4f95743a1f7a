// A file of its own, so that what only sends notices does not load what shows them.
export { Notifications as Notices } from '@mantine/notifications';
