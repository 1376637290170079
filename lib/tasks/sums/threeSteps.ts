import type { Template } from './template';

/** Problems of three steps, for training. */
export const threeSteps: readonly Template[] = [
  {
    name: 'buys, gives, finds',
    asks: '{A} has {a thing}. {He} buys {b} more, then {he} gives {c} to {B}, and later {he} finds {d}. How many {things} does {A} have now?',
    steps: [
      'After buying, {A} has {a + b thing}.',
      'After giving some away, {A} has {x - c thing}.',
      'In the end {A} has {y + d thing}.',
    ],
  },
  {
    name: 'boxes and bags',
    asks: '{A} has {a box} with {b thing} in each box and {c bag} with {d thing} in each bag. How many {things} does {he} have in all?',
    steps: [
      'The boxes hold {a * b thing}.',
      'The bags hold {c * d thing}.',
      'In all {A} has {x + y thing}.',
    ],
  },
  {
    name: 'pens and notebooks',
    asks: '{A} buys {a pen} for {b dollar} each and {c notebook} for {d dollar} each. How many dollars does {he} pay in all?',
    steps: [
      'The pens cost {a * b dollar}.',
      'The notebooks cost {c * d dollar}.',
      'In all {A} pays {x + y dollar}.',
    ],
  },
  {
    name: 'shop',
    asks: '{A} has {a dollar}. {He} buys {b thing} for {c dollar} each and a drink for {d dollar}. How many dollars does {he} have left?',
    steps: [
      'The {things} cost {b * c dollar}.',
      'With the drink that makes {x + d dollar}.',
      '{A} has {a - y dollar} left.',
    ],
  },
  {
    name: 'three compared',
    asks: '{A} has {a thing}. {B} has {b} more than {A}, and {C} has {c} fewer than {B}. How many {things} do the three have in all?',
    steps: [
      '{B} has {a + b thing}.',
      '{C} has {x - c thing}.',
      'In all they have {a + x + y thing}.',
    ],
  },
  {
    name: 'pool and pack',
    asks: '{A} has {a thing} and {B} has {b}. They put them together, give {c} of them to {C}, and pack the others into {d box} with the same number in each box. How many {things} are in each box?',
    steps: [
      'Together they have {a + b thing}.',
      'After giving some to {C}, they have {x - c thing}.',
      'In each box there are {y / d thing}.',
    ],
  },
  {
    name: 'long book',
    asks: 'A book has {a page}. {A} reads {b page} a day for {c day}, and {d page} on the day after. How many pages of the book does {he} still have to read?',
    steps: [
      'In the first days {A} reads {b * c page}.',
      'With the day after that makes {x + d page}.',
      '{A} still has to read {a - y page}.',
    ],
  },
  {
    name: 'weekend job',
    asks: '{A} earns {a dollar} an hour. {He} works for {b hour} on Saturday and for {c hour} on Sunday, and spends {d dollar} of this money. How many dollars of it are left?',
    steps: [
      '{A} works for {b + c hour}.',
      '{A} earns {a * x dollar}.',
      'Of this money {A} still has {y - d dollar}.',
    ],
    atMost: { b: 10, c: 10 },
  },
  {
    name: 'library',
    asks: 'There are {a book} on a shelf of a library. On Monday people take {b} of them, on Tuesday they bring {c} back, and on Wednesday they take {d}. How many books are on the shelf then?',
    steps: [
      'After Monday the shelf has {a - b book}.',
      'After Tuesday it has {x + c book}.',
      'After Wednesday it has {y - d book}.',
    ],
  },
  {
    name: 'groups',
    asks: 'A class has {a girl} and {b boy}. Today {c} of these children are ill. All the others work in groups of {d}. How many groups are there?',
    steps: [
      'The class has {a + b child}.',
      'That leaves {x - c child}.',
      'They make {y / d group}.',
    ],
  },
  {
    name: 'cookies in bags',
    asks: '{A} bakes {a tray} of cookies with {b cookie} on each tray. {He} eats {c} of the cookies and puts the others into {d bag} with the same number in each bag. How many cookies are in each bag?',
    steps: [
      '{A} bakes {a * b cookie}.',
      'That leaves {x - c cookie} for the bags.',
      'In each bag there are {y / d cookie}.',
    ],
  },
  {
    name: 'finds and loses',
    asks: '{A} has {a thing} and {B} has {b}. Then {A} finds {c} more, and {B} loses {d}. How many {things} do they have together now?',
    steps: [
      '{A} now has {a + c thing}.',
      '{B} now has {b - d thing}.',
      'Together they have {x + y thing}.',
    ],
  },
  {
    name: 'vases',
    asks: 'There are {a vase} with {b rose} and {c tulip} in each vase. {A} takes out {d} of the flowers. How many flowers are left in the vases?',
    steps: [
      'In each vase there are {b + c flower}.',
      'In all the vases there are {a * x flower}.',
      'That leaves {y - d flower}.',
    ],
  },
];

/** Problems of three steps that are never trained on. */
export const heldOutThreeSteps: readonly Template[] = [
  {
    name: 'bus, two stops',
    asks: 'There are {a passenger} on a bus. At the first stop {b} get off and {c} get on. At the second stop {d} get off. How many passengers are on the bus now?',
    steps: [
      'After {b} get off, the bus has {a - b passenger}.',
      'After {c} get on, it has {x + c passenger}.',
      'After the second stop it has {y - d passenger}.',
    ],
  },
  {
    name: 'twice and more',
    asks: '{A} collected {a thing}. {B} collected twice as many as {A}, and {C} collected {b} more than {B}. How many {things} did the three collect in all?',
    steps: [
      '{B} collected {2 * a thing}.',
      '{C} collected {x + b thing}.',
      'In all they collected {a + x + y thing}.',
    ],
  },
  {
    name: 'orchard',
    asks: 'A farmer plants {a row} of apple trees with {b tree} in each row and {c row} of pear trees with {d tree} in each row. How many trees does the farmer plant in all?',
    steps: [
      'There are {a * b apple tree}.',
      'There are {c * d pear tree}.',
      'In all there are {x + y tree}.',
    ],
  },
  {
    name: 'rope for three',
    asks: 'A rope is {a metre} long. {A} cuts off {b metre} for {B} and {c metre} for {C}, and cuts the rest into {d} pieces of the same length. How many metres long is each of these pieces?',
    steps: [
      'Without the part for {B}, it is {a - b metre} long.',
      'Without the part for {C}, it is {x - c metre} long.',
      'Each piece is {y / d metre} long.',
    ],
  },
  {
    name: 'cycles',
    asks: 'A path is {a kilometre} long. {A} cycles {b kilometre} an hour for {c hour} and then walks {d kilometre}. How many kilometres are left to the end of the path?',
    steps: [
      'By bicycle {A} goes {b * c kilometre}.',
      'With the walk that makes {x + d kilometre}.',
      'That leaves {a - y kilometre}.',
    ],
    atMost: { c: 8, d: 20 },
  },
];
