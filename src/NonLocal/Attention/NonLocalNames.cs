namespace NonLocal.Attention;

/// <summary>Where the parts of a non-local block stand in a published state dict, as dotted paths.</summary>
/// <param name="Query">θ.</param>
/// <param name="Key">φ.</param>
/// <param name="Value">g.</param>
/// <param name="Output">W_z.</param>
/// <param name="Norm">The norm after it.</param>
/// <param name="Concatenation">The vector of the concatenation function.</param>
/// <param name="OutputBeforeQuery">Whether W_z is listed before θ and φ.</param>
internal sealed record NonLocalNames(
    string Query, string Key, string Value, string Output, string Norm, string Concatenation, bool OutputBeforeQuery)
{
    /// <summary>The names that a block with these options has.</summary>
    public static NonLocalNames Of(NonLocalOptions options)
    {
        // AlexHex7 and mmcv put convolution and pool into a sequence where they pool.
        string pooled = options.Subsampling == Subsampling.AfterEmbedding ? ".0" : "";
        return options.Preset switch
        {
            NonLocalPreset.AlexHex7 => new(
                "theta", "phi" + pooled, "g" + pooled, options.Norm ? "W.0" : "W", "W.1", "concat_project.0", true),
            NonLocalPreset.Mmcv => new(
                "theta.conv", $"phi{pooled}.conv", $"g{pooled}.conv", "conv_out.conv", "conv_out.bn", "concat_project.conv", true),
            NonLocalPreset.SlowFast => new("conv_theta", "conv_phi", "conv_g", "conv_out", "bn", "concat_project", false),
            NonLocalPreset.VideoNonlocalNet => new("theta", "phi", "g", "out", "bn", "concat_project", false),
            NonLocalPreset.Timm => new("t", "p", "g", "z", "norm", "concat_project", false),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Preset, "There is no such preset."),
        };
    }
}
