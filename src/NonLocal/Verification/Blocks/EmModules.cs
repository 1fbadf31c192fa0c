using NonLocal.Attention;
using NonLocal.Models.Heads;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Expectation–maximisation attention as published.</summary>
internal static class EmModules
{
    /// <summary>XiaLiPKU/EMANet <c>EMAU</c>. Its bases are moved by the training script: see <see cref="MovingAverage"/>.</summary>
    public static void Unit(BlockCase block)
    {
        EmOptions options = new()
        {
            Bases = block.Channels("k"),
            Stages = Stages(block, "stage_num"),
            NormMomentum = block.Config.Real("bn_momentum", 3e-4),
            Update = BaseUpdate.None,
        };
        EmAttention module = block.Use(new EmAttention(block.Channels("c"), options));
        (Value result, Value bases, IReadOnlyList<Value> responsibilities) = module.ForwardWithBases(block.Map());
        block.OutputMap(result);
        block.OutputPlain(bases.Transpose(), "output.mu");
        block.AttentionsIfAsked(() => responsibilities);
    }

    /// <summary>How XiaLiPKU/EMANet's training script moves the bases. There the momentum is the share of the old ones.</summary>
    public static void MovingAverage(BlockCase block)
    {
        EmOptions options = new() { Momentum = 1 - block.Config.Real("momentum", 0.9) };
        Value before = block.Plain("mu");
        Value batch = block.Plain("mu_batch").Transpose();
        block.OutputPlain(EmBases.Moved(options, before, batch), "mu_after");
    }

    /// <summary>open-mmlab/mmsegmentation <c>EMAModule</c>.</summary>
    public static void Module(BlockCase block)
    {
        EmOptions options = Options(block);
        EmModule module = block.Use(new EmModule(block.Channels("channels"), options));
        (Value result, IReadOnlyList<Value> responsibilities) = module.ForwardWithResponsibilities(block.Map());
        block.OutputMap(result);
        block.AttentionsIfAsked(() => responsibilities);
    }

    /// <summary>open-mmlab/mmsegmentation <c>EMAHead</c>.</summary>
    public static void Head(BlockCase block)
    {
        bool concatenates = block.Config.Flag("concat_input", true);
        EmHead head = block.Use(new EmHead(Heads.Options(block), block.Channels("ema_channels"), Options(block), concatenates));
        (Value logits, IReadOnlyList<Value> responsibilities) = head.ForwardWithResponsibilities(block.Map());
        block.OutputMap(logits);
        block.AttentionsIfAsked(() => responsibilities);
    }

    private static EmOptions Options(BlockCase block) => EmOptions.MmSegmentation with
    {
        Bases = block.Channels("num_bases"),
        Stages = Stages(block, "num_stages"),
        Momentum = block.Config.Real("momentum", 0.1),
    };

    // A step adds to the graph: a file may not ask for more than is sensible.
    private static int Stages(BlockCase block, string key)
    {
        int stages = block.Config.Positive(key, 3);
        return stages <= 1000 ? stages : throw new UnsupportedBlockException($"config key '{key}' is {stages}, expected at most 1000.");
    }
}
