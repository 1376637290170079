/** What the rules in words are about. Subjects and words of held-out problems are asked about in no training problem. */
import type { Split } from '../task';

const list = (text: string): readonly string[] => text.trim().split(/\s*,\s*/);

/** Subjects of sentences. */
export const subjects: Readonly<Record<Split, readonly string[]>> = {
  train: list(`
    cats, the sea, trains, school, rain, friends, robots, soup, the city, my brother, birds, football, a king, the night,
    horses, the moon, cars, music, wind, neighbours, computers, bread, the village, my sister, fish, tennis, a queen,
    the morning, bees, a river, ships, painting, thunder, strangers, telephones, cheese, the park, my uncle, frogs, chess,
    a pirate, the evening, elephants, a lake, buses, poetry, fog, children, machines, cake, the library, my grandfather,
    spiders, swimming, a wizard, the weekend, wolves, mountains, bridges, cooking, ice, a doctor, clocks, apples, the museum,
    my cousin, turtles, running, a knight, summer, monkeys, an island, roads, singing, lightning, a farmer, cameras, honey,
    the hospital, my aunt, penguins, skiing, a giant, autumn, rabbits, the desert, boats, gardening, the sun, a baker,
    lamps, tea, the bank, my best friend, owls, cycling, a detective, spring, whales, a cave, tunnels, sewing, stars,
    a pilot, mirrors, pasta, the station, my boss, ants, hiking, a clown, holidays, lions, a waterfall, balloons, reading,
    clouds, a fireman, keys, salad, the theatre, my daughter, crows, boxing, a magician, Monday`),
  'held-out': list(`
    dogs, the farm, airplanes, snow, a teacher, bicycles, butterflies, the forest, rockets, dancing, storms, a nurse,
    umbrellas, chocolate, the market, my father, snakes, basketball, a princess, winter, bears, an ocean, trucks, drawing,
    rainbows, a tailor, candles, rice, the airport, my mother, sharks, climbing, a monster, birthdays, foxes, a valley,
    elevators, writing, planets, a judge, coins, pizza, the beach, my grandmother`),
};

/** Words that sentences have to contain. */
export const words: Readonly<Record<Split, readonly string[]>> = {
  train: list(`
    moon, river, blue, seven, garden, music, winter, bread, stone, green, table, light, horse, cloud, paper, silver, bridge,
    apple, window, summer, letter, doctor, island, yellow, kitchen, mountain, chicken, pencil, shadow, market, house, water,
    fire, road, tree, door, heart, hand, voice, story, dream, night, morning, street, school, city, country, world, family,
    child, woman, man, friend, king, queen, soldier, teacher, farmer, baker, artist, dog, cat, bird, fish, lion, sheep, cow,
    mouse, snake, bear, red, white, black, golden, brown, small, large, heavy, warm, cold, quick, slow, quiet, loud, bright,
    dark, old, young, new, rich, poor, happy, sad, angry, brave, gentle, strong, weak, sweet, bitter, run, walk, jump, sing,
    dance, sleep, eat, drink, read, write, build, break, carry, catch, climb, cook, cut, draw, drive, fall, find, fly,
    forget, give, grow, hear, help, hide, hold, hope, hurry, keep, know, laugh, learn, leave, listen, look, lose, love, make,
    meet, move, open, paint, play, pull, push, reach, remember, ride, save, search, send, share, shine, smile, speak, stand,
    start, stay, stop, swim, talk, teach, think, throw, touch, travel, try, turn, wait, wash, watch, win, wish, work, two,
    three, five, ten, hundred, often, always, never, soon, today, tomorrow, slowly, together, away, again, inside, glass,
    salt, milk, honey, sugar, cheese, cup, plate, knife, chair, lamp, clock, mirror, book, song, picture, box, bag, hat,
    coat, shoe, ring, flower, leaf, grass, field, lake, beach, hill, valley, sky, star, rain, snow, wind, storm, train,
    ship, boat, car, wheel`),
  'held-out': list(`
    forest, candle, purple, engine, butter, coffee, planet, dragon, pillow, hammer, ocean, violin, orange, eleven, castle,
    guitar, autumn, cookie, marble, pink, desk, fountain, tiger, thunder, magazine, copper, tunnel, cherry, ladder, spring,
    ticket, nurse, harbour, grey, cellar, meadow, rabbit, brush, feather, museum, gather, whisper, borrow, float, repair,
    invite, wander, polish, curious, hollow, narrow, polite, silent, twelve, rarely, upstairs, basket, blanket, button,
    carrot, helmet, needle, parrot`),
};
