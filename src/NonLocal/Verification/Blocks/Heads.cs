using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Models.Heads;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Segmentation heads of open-mmlab/mmsegmentation.</summary>
internal static class Heads
{
    /// <summary>FCNHead.</summary>
    public static void FullyConvolutional(BlockCase block)
    {
        FcnHeadOptions options = FullyConvolutionalOptions(block);
        block.OutputMap(Apply(block, block.Use(new FcnHead(options)), options));
    }

    /// <summary>NLHead.</summary>
    public static void NonLocal(BlockCase block)
    {
        CaseConfig config = block.Config;
        FcnHeadOptions options = FullyConvolutionalOptions(block);
        Pairwise pairwise = NonLocalBlocks.Function(config, "mode");
        NonLocalHead head = new(options, config.Positive("reduction", 2), config.Flag("use_scale", true), pairwise);
        Connect(block, block.Use(head), head.Attention.AttentionMap);
    }

    /// <summary>A head with attention between its convolutions: its logits, and the map of the attention if the file has it.</summary>
    /// <param name="block">The case.</param>
    /// <param name="head">The head, filled.</param>
    /// <param name="map">The attention's weights for what it reads.</param>
    internal static void Connect(BlockCase block, FcnHead head, Func<Value, Value> map) => Connect(block, head, read => [map(read)]);

    /// <summary>The same for several maps.</summary>
    internal static void Connect(BlockCase block, FcnHead head, Func<Value, IReadOnlyList<Value>> maps)
    {
        (Value logits, Value? read) = head.ForwardWithAttentionInput(block.Map());
        block.OutputMap(logits);
        block.AttentionsIfAsked(() => maps(read!));
    }

    /// <summary>The options that fully convolutional heads share.</summary>
    internal static FcnHeadOptions FullyConvolutionalOptions(BlockCase block)
    {
        CaseConfig config = block.Config;
        int convolutions = config.Whole("num_convs", 2);
        if (convolutions > block.ParameterCount)
        {
            throw new BlockMismatchException(
                $"config key 'num_convs' is {convolutions}, but the file has {block.ParameterCount} parameters.");
        }

        return Common(block) with
        {
            Convolutions = convolutions,
            KernelSize = block.ExpectChannels("kernel_size", config.Positive("kernel_size", 3)),
            Dilation = config.Positive("dilation", 1),
            ConcatenateInput = config.Flag("concat_input", true),
        };
    }

    /// <summary>The options that all heads share. Files keep some of their numbers as text.</summary>
    internal static DecodeHeadOptions Options(BlockCase block) => Common(block);

    private static FcnHeadOptions Common(BlockCase block)
    {
        CaseConfig config = block.Config;
        config.ReadTextAsNumbers("in_channels", "channels", "num_classes", "dropout_ratio", "in_index");
        int[] channels = config.List("in_channels");
        foreach (int each in channels)
        {
            block.ExpectChannels("in_channels", each);
        }

        HeadInput input = config.Text("input_transform") switch
        {
            null => HeadInput.Single,
            "resize_concat" => HeadInput.Concatenated,
            "multiple_select" => HeadInput.Several,
            string other => throw new UnsupportedBlockException(
                $"config key 'input_transform' is '{other}'.{NearestName.Hint(other, ["resize_concat", "multiple_select"])}"),
        };
        return new FcnHeadOptions
        {
            InputChannels = channels,
            Channels = block.Channels("channels"),
            Classes = block.Channels("num_classes"),
            Input = input,
            InputIndices = config.States("in_index") ? config.List("in_index") : [.. Enumerable.Range(-channels.Length, channels.Length)],
            AlignCorners = config.Flag("align_corners", false),
            Dropout = Dropout(block, "dropout_ratio", 0.1),
            Norm = Norm(config),
        };
    }

    /// <summary>A share of channels to be dropped.</summary>
    /// <exception cref="UnsupportedBlockException">In training, other than 0.</exception>
    internal static double Dropout(BlockCase block, string key, double otherwise)
    {
        double ratio = block.Config.Real(key, otherwise);
        return ratio == 0 || !block.Training
            ? ratio
            : throw new UnsupportedBlockException(
                $"config key '{key}' is {ratio}; in training only 0 can be compared, because dropped channels are random.");
    }

    private static ConvModuleNorm? Norm(CaseConfig config)
    {
        if (config.Nested("norm_cfg") is not { } norm)
        {
            return null;
        }

        if (norm.Text("type") is not ("BN" or "BN2d" or "SyncBN"))
        {
            throw new UnsupportedBlockException($"config key 'norm_cfg' has type '{norm.Text("type")}'; BN and SyncBN are supported.");
        }

        norm.States("requires_grad");
        ConvModuleNorm result = new(norm.Real("eps", 1e-5), norm.Real("momentum", 0.1));
        norm.ExpectAllRead();
        return result;
    }

    // The maps are in the file in the backbone's order: the last is 'input', or they are numbered.
    private static Value Apply(BlockCase block, DecodeHead head, DecodeHeadOptions options)
    {
        if (options.Input == HeadInput.Single)
        {
            return head.Forward(block.Map());
        }

        int maps = options.InputChannels.Count;
        return head.Forward([.. Enumerable.Range(0, maps).Select(map => block.Map(map == 0 ? "input" : $"input.{map}"))]);
    }
}
