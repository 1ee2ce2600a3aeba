// @ts-check
/** The panels in the order of the page. */
import { bridge } from './bridge.js';
import { cancellations } from './cancellations.js';
import { carts } from './carts.js';
import { contacts } from './contacts.js';
import { customers } from './customers.js';
import { mentions } from './mentions.js';
import { movements } from './movements.js';
import { nps } from './nps.js';
import { revenue } from './revenue.js';

/** @import { PanelSpec } from './spec.js' */

/** A panel is added here and in a file of its own. */
export const panels = /** @type {readonly PanelSpec<unknown>[]} */ ([
  revenue,
  bridge,
  movements,
  customers,
  cancellations,
  carts,
  nps,
  contacts,
  mentions,
]);
