"""Where things are kept: places, digests, the audit chain, staging, publishing, proof."""
