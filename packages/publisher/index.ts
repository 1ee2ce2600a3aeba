export {
  createPublisher,
  PublishError,
  type InstantInput,
  type NewEvent,
  type NewEventOf,
  type Publisher,
  type PublisherOptions,
  type PublishFault,
} from './publisher.ts';
