import type { Template } from './template';

/** Problems of one step, for training. */
export const oneStep: readonly Template[] = [
  {
    name: 'gets',
    asks: '{A} has {a thing} and gets {b} more. How many {things} does {he} have now?',
    steps: ['Now {A} has {a + b thing}.'],
  },
  {
    name: 'gives',
    asks: '{A} had {a thing} and gave {b} of them to {B}. How many {things} does {A} have left?',
    steps: ['{A} has {a - b thing} left.'],
  },
  {
    name: 'loses',
    asks: '{A} had {a thing}. On the way home {he} lost {b} of them. How many {things} does {he} still have?',
    steps: ['{A} still has {a - b thing}.'],
  },
  {
    name: 'together',
    asks: '{A} has {a thing} and {B} has {b}. How many {things} do they have together?',
    steps: ['Together they have {a + b thing}.'],
  },
  {
    name: 'more',
    asks: '{A} has {a thing}. {B} has {b} more than {A}. How many {things} does {B} have?',
    steps: ['{B} has {a + b thing}.'],
  },
  {
    name: 'fewer',
    asks: '{A} has {a thing}. {B} has {b} fewer than {A}. How many {things} does {B} have?',
    steps: ['{B} has {a - b thing}.'],
  },
  {
    name: 'difference',
    asks: '{A} found {a thing} and {B} found {b}. How many more {things} did {A} find than {B}?',
    steps: ['{A} found {a - b} more than {B}.'],
  },
  {
    name: 'needs',
    asks: '{A} has {a thing} and wants to have {b}. How many more {things} does {he} need?',
    steps: ['{A} needs {b - a} more.'],
  },
  {
    name: 'boxes',
    asks: 'There are {a box} with {b thing} in each box. How many {things} are there in all?',
    steps: ['The boxes hold {a * b thing}.'],
  },
  {
    name: 'shares',
    asks: '{A} shares {a thing} equally among {b child}. How many {things} does each child get?',
    steps: ['Each child gets {a / b thing}.'],
  },
  {
    name: 'packs',
    asks: '{A} packs {a thing} into bags, {b} in each bag. How many bags does {he} fill?',
    steps: ['{A} fills {a / b bag}.'],
  },
  {
    name: 'price',
    asks: 'One {thing} costs {a dollar}. How many dollars do {b thing} cost?',
    steps: ['They cost {a * b dollar}.'],
  },
  {
    name: 'spends',
    asks: '{A} has {a dollar} and spends {b} of them. How many dollars does {he} have left?',
    steps: ['{A} has {a - b dollar} left.'],
  },
  {
    name: 'pages',
    asks: '{A} reads {a page} in the morning and {b} in the evening. How many pages does {he} read that day?',
    steps: ['That day {A} reads {a + b page}.'],
  },
  {
    name: 'age',
    asks: '{A} is {a year} old. How old will {he} be in {b year}?',
    steps: ['{A} will be {a + b year} old.'],
  },
];

/** Problems of one step that are never trained on. */
export const heldOutOneStep: readonly Template[] = [
  {
    name: 'bus off',
    asks: 'There are {a passenger} on a bus. At the next stop {b} get off. How many passengers are on the bus now?',
    steps: ['That leaves {a - b passenger}.'],
  },
  {
    name: 'birds',
    asks: '{a bird} sit in a tree, and {b} more fly to it. How many birds are in the tree then?',
    steps: ['Then there are {a + b bird} in the tree.'],
  },
  {
    name: 'rows',
    asks: 'In a garden there are {a row} of trees with {b tree} in each row. How many trees are there in the garden?',
    steps: ['The garden has {a * b tree}.'],
  },
  {
    name: 'twice',
    asks: '{A} collected {a thing}. {B} collected twice as many. How many {things} did {B} collect?',
    steps: ['{B} collected {2 * a thing}.'],
  },
  {
    name: 'teams',
    asks: '{a player} form teams of {b} each. How many teams are there?',
    steps: ['They form {a / b team}.'],
  },
];
