"""
A tokenizer.json of the kind of umt5-xxl, small: `make-tokenizer.py FILE` trains a SentencePiece model (Unigram, nmt_nfkc, byte fallback) on the sentences
of prompts.py. It has made small-umt5.tokenizer.
"""
import io
import sys

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from prompts import SENTENCES

SPECIAL = ["<pad>", "</s>", "<unk>"]


def trained():
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 3),
        model_writer=model,
        vocab_size=700,
        model_type="unigram",
        character_coverage=0.98,
        byte_fallback=True,
        normalization_rule_name="nmt_nfkc",
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        hard_vocab_limit=False,
        minloglevel=2,
        num_threads=1,
    )
    return sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())


def tokenizer(model):
    pieces = [(piece.piece, piece.score) for piece in model.pieces]
    made = Tokenizer(models.Unigram(pieces, unk_id=2, byte_fallback=True))
    charsmap = normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap)
    made.normalizer = normalizers.Sequence([charsmap, normalizers.Replace(Regex(" {2,}"), " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    made.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    end = ("</s>", SPECIAL.index("</s>"))
    made.post_processor = processors.TemplateProcessing(single=["$A", "</s>"], pair=["$A", "</s>", "$B", "</s>"], special_tokens=[end])
    made.add_special_tokens([AddedToken(token) for token in SPECIAL + ["<extra_id_0>", "<extra_id_1>"]])
    return made


if __name__ == "__main__":
    tokenizer(trained()).save(sys.argv[1], pretty=False)
