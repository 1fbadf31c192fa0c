using NonLocal.Attention;

namespace NonLocal.Models;

/// <summary>Spectral non-local blocks in residual networks.</summary>
public static class SpectralPlacements
{
    private static readonly SpectralOptions Released = new() { ZeroInitialised = true };

    /// <summary>
    /// The released networks' block: before the last residual block of the third stage, with the number that this one has without it
    /// (<c>layer3.5.t.weight</c> in a ResNet-50, whose last residual block is <c>layer3.6</c>).
    /// </summary>
    /// <param name="blocks">Residual blocks in each stage.</param>
    /// <param name="options">
    /// Of the block; null: SNL that starts as the identity, as released. It reads weights of the network without it, and published ones; to
    /// train it, let it start otherwise (<see cref="SpectralOptions.ZeroInitialised"/>).
    /// </param>
    public static AttentionPlacement BeforeTheLastBlock(IReadOnlyList<int> blocks, SpectralOptions? options = null) =>
        new(3, channels => new SpectralNonLocalBlock(channels, options ?? Released), [blocks[2] - 2]) { IsNumbered = true };
}
