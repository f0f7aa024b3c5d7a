/** Of the label under which the cache is told as a source. */
export const HF_CACHE_SCHEME = 'hf-cache';
