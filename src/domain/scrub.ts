/** What reading blobs showed. */
/**
 * `right`; `wrong`: other bytes; `unreadable`: the disk gives them no more; `changed`: somebody was at work on it meanwhile; `gone`: it was
 * removed meanwhile.
 */
export type BlobVerdict = 'right' | 'wrong' | 'unreadable' | 'changed' | 'gone';
