/** HTML by tagged templates: whatever is put in is escaped, unless it was made by `html` itself. */
const made = Symbol('html');
export interface Html {
  [made]: string;
}
type Value = Html | string | number | null | undefined | false | Value[];

export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  return { [made]: parts.reduce((text, part, i) => text + textOf(values[i - 1]) + part) };
}

/** HTML that we wrote ourselves. Never for anything that came from outside. */
export function trusted(text: string): Html {
  return { [made]: text };
}

export function render(page: Html): string {
  return page[made];
}

function textOf(value: Value): string {
  if (value === null || value === undefined || value === false) return '';
  if (Array.isArray(value)) return value.map(textOf).join('');
  if (typeof value === 'object') return value[made];
  return String(value).replaceAll(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
