// @ts-check
/** The panels in the order of the page. */
import { bridge } from './bridge.js';
import { cancellations } from './cancellations.js';
import { carts } from './carts.js';
import { committed } from './committed.js';
import { contacts } from './contacts.js';
import { customers } from './customers.js';
import { invitations } from './invitations.js';
import { mentions } from './mentions.js';
import { movements } from './movements.js';
import { nps } from './nps.js';
import { pastDue } from './past-due.js';
import { responses } from './responses.js';
import { revenue } from './revenue.js';
import { shoppers } from './shoppers.js';

/** @import { PanelSpec } from './spec.js' */

/** A panel is added here and in a file of its own. */
export const panels = /** @type {readonly PanelSpec<unknown>[]} */ ([
  revenue,
  bridge,
  movements,
  customers,
  committed,
  pastDue,
  cancellations,
  carts,
  shoppers,
  nps,
  contacts,
  responses,
  invitations,
  mentions,
]);
