// What the pages do beside htmx: keys, and rows that wait until somebody wants to see them.
"use strict";
