// @ts-check
/**
 * The dashboard, served as it is written: no build. `panels` says what is shown, `components` how, `charts` draws it, and `lib` asks
 * for it and writes numbers and days.
 */
import { h, render } from '/vendor/preact.js';
import { App } from './components/app.js';

const place = /** @type {HTMLElement} */ (document.querySelector('#app'));
// What stands there until the modules have come.
place.replaceChildren();
render(h(App, null), place);
