"""A package → the Hugging Face Hub, in one commit that can be repeated; then back, and replayed.

package → edition (its card names the address) → changes (what the Hub lacks) → commit → check
"""
