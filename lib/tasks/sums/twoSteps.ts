import type { Template } from './template';

/** Problems of two steps, for training. */
export const twoSteps: readonly Template[] = [
  {
    name: 'buys and gives',
    asks: '{A} has {a thing}. {He} buys {b} more and then gives {c} to {B}. How many {things} does {A} have now?',
    steps: [
      'After buying, {A} has {a + b thing}.',
      'After giving some away, {A} has {x - c thing}.',
    ],
  },
  {
    name: 'boxes and more',
    asks: '{A} has {a box} with {b thing} in each box, and {c} more {things} on the table. How many {things} does {he} have in all?',
    steps: ['The boxes hold {a * b thing}.', 'In all {A} has {x + c thing}.'],
  },
  {
    name: 'more, together',
    asks: '{A} has {a thing}. {B} has {b} more than {A}. How many {things} do they have together?',
    steps: ['{B} has {a + b thing}.', 'Together they have {a + x thing}.'],
  },
  {
    name: 'fewer, together',
    asks: '{A} has {a thing}. {B} has {b} fewer than {A}. How many {things} do they have together?',
    steps: ['{B} has {a - b thing}.', 'Together they have {a + x thing}.'],
  },
  {
    name: 'buys several',
    asks: '{A} has {a dollar} and buys {b thing} for {c dollar} each. How many dollars does {he} have left?',
    steps: ['The {things} cost {b * c dollar}.', '{A} has {a - x dollar} left.'],
  },
  {
    name: 'loses twice',
    asks: '{A} had {a thing}. On Monday {he} lost {b} of them, and on Tuesday {he} lost {c}. How many {things} does {he} still have?',
    steps: ['After Monday {A} has {a - b thing}.', 'After Tuesday {A} has {x - c thing}.'],
  },
  {
    name: 'three people',
    asks: '{A} has {a thing}, {B} has {b} and {C} has {c}. How many {things} do they have in all?',
    steps: ['{A} and {B} have {a + b thing}.', 'With those of {C} that makes {x + c thing}.'],
  },
  {
    name: 'gets and shares',
    asks: '{A} has {a thing} and gets {b} more. Then {he} shares all of them equally among {c child}. How many {things} does each child get?',
    steps: ['{A} then has {a + b thing}.', 'Each child gets {x / c thing}.'],
  },
  {
    name: 'bakes',
    asks: '{A} bakes {a tray} of cookies with {b cookie} on each tray. The guests eat {c} of the cookies. How many cookies are left?',
    steps: ['{A} bakes {a * b cookie}.', 'That leaves {x - c cookie}.'],
  },
  {
    name: 'book',
    asks: 'A book has {a page}. {A} reads {b page} on Saturday and {c} on Sunday. How many pages of the book does {he} still have to read?',
    steps: [
      'After Saturday {A} still has to read {a - b page}.',
      'After Sunday {A} still has to read {x - c page}.',
    ],
  },
  {
    name: 'earns',
    asks: '{A} earns {a dollar} an hour and works for {b hour}. {He} spends {c dollar} of this money. How many dollars of it are left?',
    steps: ['{A} earns {a * b dollar}.', 'Of this money {A} still has {x - c dollar}.'],
    atMost: { b: 10 },
  },
  {
    name: 'class',
    asks: 'A class has {a girl} and {b boy}. Today {c} of these children are ill, and all the others come to school. How many children of the class come to school today?',
    steps: ['The class has {a + b child}.', 'That leaves {x - c child}.'],
  },
  {
    name: 'buys two kinds',
    asks: '{A} buys {a thing} for {b dollar} each and a bag for {c dollar}. How many dollars does {he} pay in all?',
    steps: ['The {things} cost {a * b dollar}.', 'In all {A} pays {x + c dollar}.'],
  },
  {
    name: 'ages',
    asks: '{A} is {a year} old. {B} is {b year} older than {A}, and {C} is {c year} younger than {B}. How old is {C}?',
    steps: ['{B} is {a + b year} old.', '{C} is {x - c year} old.'],
  },
];

/** Problems of two steps that are never trained on. */
export const heldOutTwoSteps: readonly Template[] = [
  {
    name: 'bus off and on',
    asks: 'There are {a passenger} on a bus. At the next stop {b} get off and {c} get on. How many passengers are on the bus now?',
    steps: [
      'After {b} get off, the bus has {a - b passenger}.',
      'After {c} get on, it has {x + c passenger}.',
    ],
  },
  {
    name: 'twice, together',
    asks: '{A} collected {a thing}. {B} collected twice as many. How many {things} did they collect together?',
    steps: ['{B} collected {2 * a thing}.', 'Together they collected {a + x thing}.'],
  },
  {
    name: 'reads every day',
    asks: '{A} reads {a page} a day for {b day}. The book has {c page}. How many pages are left to read?',
    steps: ['{A} has read {a * b page}.', 'That leaves {c - x page}.'],
  },
  {
    name: 'rope',
    asks: 'A rope is {a metre} long. {A} cuts off {b metre} and cuts the rest into {c} pieces of the same length. How many metres long is each of these pieces?',
    steps: ['The rest is {a - b metre} long.', 'Each piece is {x / c metre} long.'],
  },
  {
    name: 'flowers',
    asks: '{A} plants {a row} of flowers with {b flower} in each row. {c} of the flowers do not grow. How many flowers grow?',
    steps: ['{A} plants {a * b flower}.', 'That leaves {x - c flower}.'],
  },
];
