/** Returns the files in the links, scripts and images of the page, each once. */
export function filesOf(page) {
  const files = new Map();
  const add = (element, role, url) => url && !files.has(url) && files.set(url, { element, role, url });

  for (const link of page.querySelectorAll('link[href]')) add(link, link.rel, link.href);
  for (const script of page.querySelectorAll('script[src]')) add(script, 'script', script.src);
  for (const image of page.querySelectorAll('img[src]')) add(image, 'image', image.currentSrc || image.src);
  return [...files.values()];
}

/** Requests a URL and returns its status and size. */
export async function request(url) {
  try {
    const response = await fetch(url);
    const { size } = await response.blob();
    return { ok: response.ok, status: `${response.status} ${response.statusText}`.trim(), size };
  } catch {
    return { ok: false, status: 'no response' };
  }
}
