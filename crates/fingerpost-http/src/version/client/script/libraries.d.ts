// The parts of the libraries that the adapters use.

export interface Htmx2Detail {
  xhr: XMLHttpRequest;
  boosted: boolean;
  pathInfo: { finalRequestPath: string; anchor?: string; requestUrl?: string };
  requestConfig: { verb: string; headers: Record<string, string>; elt: Element & { preloadState?: string } };
  etc: { push?: string; handler?: unknown };
}

export interface Htmx4Context {
  request: { action: string; method: string; headers: Record<string, string>; anchor?: string };
  response: { raw: Response; headers: Headers };
  push?: unknown;
  endTracking?(value?: unknown): void;
}

export interface TurboRequestDetail {
  url: URL;
  fetchOptions: { method: string; headers: Record<string, string> };
}

export interface TurboResponseDetail {
  fetchResponse: { response: Response };
}

export interface TurboSubmission {
  method: string;
  formElement: Element;
}

export interface TurboSubmitDetail {
  formSubmission: TurboSubmission;
}

export interface TurboRenderer {
  readonly trackedElementsAreIdentical: boolean;
  newSnapshot: { headSnapshot: { element: Element } };
}

export interface TurboAdapter {
  location?: URL;
  redirectedToLocation?: URL | null;
  reload?(reason?: { reason?: string }): void;
}

export interface UnpolyRequest extends PromiseLike<unknown> {
  url: string;
  method: string;
  hash?: string;
  headers: Record<string, string>;
  fragments: Element[];
  layer?: unknown;
  background?: boolean;
  cache?: unknown;
}

export interface UnpolyResponse {
  url: string;
  method: string;
  status: number;
  ok: boolean;
  target?: string;
  request: UnpolyRequest;
  xhr?: XMLHttpRequest;
  header(name: string): string | null;
}

export interface UnpolyRenderOptions {
  history?: boolean | 'auto';
  navigate?: boolean;
}

export interface UnpolyLoadedEvent extends Event {
  response: UnpolyResponse;
  renderOptions: UnpolyRenderOptions;
}

export interface AlpineRequest {
  action: string;
  method: string;
  headers: Record<string, string>;
}

export interface AlpineResponse {
  ok: boolean;
  url: string;
  status: number;
  redirected: boolean;
  headers: Headers;
  html: unknown;
}

declare global {
  interface Window {
    fingerpost?: { version: string; check: Function };
    Turbo?: { session: { adapter: TurboAdapter }; PageRenderer: { prototype: TurboRenderer } };
    up?: { fragment: { hasAutoHistory?(fragments: Element[], layer: unknown): boolean } };
  }
}
