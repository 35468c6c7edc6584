"""Autoencoders: networks that learn a code from which the data can be rebuilt."""

from unlabeled.autoencoders.encoder_decoder import EncoderDecoder, TiedDecoder

__all__ = ["EncoderDecoder", "TiedDecoder"]
