/** A fenced block of a Markdown page that is a file: its first line is a comment with the name. */
export interface FileBlock {
  readonly name: string;
  readonly code: string;
  /** What it prints, if a `text` block stands right behind it. */
  readonly prints: string | undefined;
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** The blocks of a page that are files, in order. */
export function fileBlocks(markdown: string): FileBlock[] {
  const blocks = [...markdown.matchAll(FENCE)].map(([, language, body = '']) => ({ language, body }));
  return blocks.flatMap(({ language, body }, index) => {
    const name = /^\/\/ ([\w-]+\.js)\n/.exec(body)?.[1];
    if (language !== 'js' || name === undefined) return [];
    const behind = blocks[index + 1];
    return [{ name, code: body, prints: behind?.language === 'text' ? behind.body : undefined }];
  });
}
