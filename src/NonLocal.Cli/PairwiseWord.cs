using NonLocal.Attention;

namespace NonLocal.Cli;

/// <summary>The pairwise functions as they are written on command lines and in recipes.</summary>
internal static class PairwiseWord
{
    /// <summary>All of them.</summary>
    public static readonly (string Word, Pairwise Meaning)[] All =
    [
        ("gaussian", Pairwise.Gaussian),
        ("embedded-gaussian", Pairwise.EmbeddedGaussian),
        ("dot-product", Pairwise.DotProduct),
        ("concatenation", Pairwise.Concatenation),
    ];

    /// <summary>What a word stands for.</summary>
    /// <param name="option">Where it stands, for the message.</param>
    /// <param name="word">The word.</param>
    /// <exception cref="UsageException">Another word; the message names the nearest.</exception>
    public static Pairwise Read(string option, string word) => Choice.Of(option, word, All);
}
