/** Tables and goods of the shop, as SQL that may be run again at every start. */

/** Key of the advisory lock under which one instance at a time creates the schema ("shop" in ASCII). */
export const SCHEMA_LOCK = 0x73686f70;

export const SCHEMA = `
CREATE TABLE IF NOT EXISTS products (
  id integer PRIMARY KEY,
  name text NOT NULL,
  price_cents integer NOT NULL CHECK (price_cents > 0)
);
CREATE TABLE IF NOT EXISTS orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer text NOT NULL,
  total_cents bigint NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS order_items (
  order_id bigint NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
  product_id integer NOT NULL REFERENCES products (id),
  quantity integer NOT NULL CHECK (quantity > 0),
  price_cents integer NOT NULL,
  PRIMARY KEY (order_id, product_id)
);`;

export const SEED = `
INSERT INTO products (id, name, price_cents) VALUES
  (1, 'Bronze shield', 14900), (2, 'Olive oil, 1 l', 1290), (3, 'Amphora', 5900), (4, 'Owl figurine', 2450),
  (5, 'Wool cloak', 8900), (6, 'Leather sandals', 6400), (7, 'Wax tablet', 1150), (8, 'Reed pen', 390),
  (9, 'Oil lamp', 1790), (10, 'Fig jam', 690), (11, 'Laurel wreath', 2990), (12, 'Chess set', 4500)
ON CONFLICT (id) DO NOTHING`;
