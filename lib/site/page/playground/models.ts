/** The models of the site, as its list names them. */

export interface ListedModel {
  /** of its checkpoint */
  readonly name: string;
  readonly size: string;
  /** what it is called in the workbook: `R1-Zero` */
  readonly title: string;
}

export async function listedModels(site: string): Promise<ListedModel[]> {
  const answer = await fetch(new URL('models.json', site));
  return (await answer.json()) as ListedModel[];
}
