import { render } from "lit-html";
import { byId } from "./by-id.js";

export const show = (id, template) => render(template, byId(id));
