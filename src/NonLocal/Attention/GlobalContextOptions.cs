namespace NonLocal.Attention;

/// <summary>How a global context block makes one vector out of all positions.</summary>
public enum ContextPooling
{
    /// <summary>A softmax over all positions of one learned score each: attention that all queries share.</summary>
    Attention,

    /// <summary>The mean.</summary>
    Average,
}

/// <summary>What the transformed context does to every position.</summary>
[Flags]
public enum ContextFusion
{
    /// <summary>It is added: z = x + t.</summary>
    Add = 1,

    /// <summary>It multiplies: z = x · sigmoid(t).</summary>
    Scale = 2,

    /// <summary>Both, each with a transform of its own; the product first.</summary>
    ScaleThenAdd = Add | Scale,
}

/// <summary>Whose names and details a global context block has.</summary>
public enum GlobalContextPreset
{
    /// <summary>
    /// xvjiarui/GCNet, mmcv, mmdetection, mmsegmentation: names <c>conv_mask, channel_add_conv.{0,1,3}, channel_mul_conv.{0,1,3}</c>.
    /// </summary>
    GCNet,

    /// <summary>
    /// The GCblock of seed 001: names <c>Wk, Wv1, LN, Wv2</c>, an absolute width, one fusion, multiplication by the transform itself, no
    /// start at 0.
    /// </summary>
    Seed001,

    /// <summary>
    /// huggingface/pytorch-image-models GlobalContext: names <c>conv_attn, mlp_add|mlp_scale.{fc1,norm,fc2}</c>, scaling by default, a
    /// ratio of 1/8, ε of 1e-6.
    /// </summary>
    Timm,
}

/// <summary>Everything that global context blocks differ in. The defaults are those of GCNet.</summary>
public sealed record GlobalContextOptions
{
    /// <summary>P/C, where P is the width of the transform: P = ⌊C·ratio⌋. Default: 1/16.</summary>
    public double Ratio { get; init; } = 1.0 / 16;

    /// <summary>P itself, in place of a ratio. Default: none.</summary>
    public int? Width { get; init; }

    /// <summary>How one vector is made out of all positions. Default: attention.</summary>
    public ContextPooling Pooling { get; init; } = ContextPooling.Attention;

    /// <summary>What it does to every position. Default: it is added.</summary>
    public ContextFusion Fusion { get; init; } = ContextFusion.Add;

    /// <summary>Whether scaling is by the sigmoid of the transform, not by the transform itself. Default: yes.</summary>
    public bool Gate { get; init; } = true;

    /// <summary>
    /// Whether the last convolution of each transform starts at 0, so that a fresh block that adds returns its input. Default: yes.
    /// </summary>
    public bool ZeroInitialised { get; init; } = true;

    /// <summary>Added to the variance of the layer norm. Default: 1e-5.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>
    /// How many unit axes the 1×1 kernels have in published files: 1, 2 or 3. It decides nothing else; a block reads maps of any rank.
    /// Default: 2.
    /// </summary>
    public int Dimensions { get; init; } = 2;

    /// <summary>Whose names the parameters have. Default: GCNet.</summary>
    public GlobalContextPreset Preset { get; init; } = GlobalContextPreset.GCNet;

    /// <summary>How the context is computed. Default: the cheapest exact way.</summary>
    public Route Route { get; init; } = Route.Automatic;

    /// <summary>The options of a published implementation at its own defaults.</summary>
    public static GlobalContextOptions Of(GlobalContextPreset preset) => preset switch
    {
        GlobalContextPreset.GCNet => new(),
        GlobalContextPreset.Seed001 => new() { Preset = preset, Gate = false, ZeroInitialised = false },
        GlobalContextPreset.Timm => new() { Preset = preset, Ratio = 1.0 / 8, Fusion = ContextFusion.Scale, NormEpsilon = 1e-6 },
        _ => throw new ArgumentOutOfRangeException(nameof(preset), preset, "There is no such preset."),
    };
}
