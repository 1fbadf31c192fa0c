using NonLocal.Attention;
using NonLocal.Models.Heads;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Blocks;

/// <summary>Interlaced sparse self-attention of openseg-group/openseg.pytorch.</summary>
internal static class InterlacedModules
{
    /// <summary><c>SelfAttentionBlock2D</c>.</summary>
    public static void Attention(BlockCase block)
    {
        int channels = block.Channels("in_channels");
        InterlacedOptions options = Options(block);
        GroupAttention module = block.Use(new GroupAttention(
            channels, options.KeyChannels!.Value, options.ValueChannels!.Value, options.OutputChannels ?? channels));
        (Value result, Value map) = module.ForwardWithMap(block.Map());
        block.OutputMap(result);
        block.AttentionIfAsked(() => map);
    }

    /// <summary><c>ISA_Block</c>.</summary>
    public static void Block(BlockCase block)
    {
        InterlacedOptions options = Options(block) with { Partition = Partition(block.Config.PerAxis("down_factor", 2, 8)) };
        InterlacedAttention module = block.Use(new InterlacedAttention(block.Channels("in_channels"), options));
        (Value result, IReadOnlyList<Value> maps) = module.ForwardWithMaps(block.Map());
        block.OutputMap(result);
        block.AttentionsIfAsked(() => maps);
    }

    /// <summary><c>ISA_Module</c>.</summary>
    public static void Module(BlockCase block)
    {
        double dropout = Heads.Dropout(block, "dropout", 0);
        Shape[] partitions = [.. block.Config.Lists("down_factors", [[8, 8]]).Select(Partition)];
        if (partitions.Length > block.ParameterCount)
        {
            throw new BlockMismatchException(
                $"config key 'down_factors' has {partitions.Length} entries, but the file has {block.ParameterCount} parameters.");
        }

        InterlacedModule module = block.Use(new InterlacedModule(block.Channels("in_channels"), Options(block), partitions, dropout));
        (Value result, IReadOnlyList<Value> maps) = module.ForwardWithMaps(block.Map());
        block.OutputMap(result);
        block.AttentionsIfAsked(() => maps);
    }

    /// <summary>open-mmlab/mmsegmentation <c>ISAHead</c>.</summary>
    public static void Head(BlockCase block)
    {
        Shape partition = Partition(block.Config.PerAxis("down_factor", 2, 8));
        InterlacedHead head = block.Use(new InterlacedHead(Heads.Options(block), block.Channels("isa_channels"), partition));
        (Value logits, IReadOnlyList<Value> maps) = head.ForwardWithMaps(block.Map());
        block.OutputMap(logits);
        block.AttentionsIfAsked(() => maps);
    }

    // Padding grows with the sizes, so a file may not ask for more than is sensible.
    private static Shape Partition(int[] sizes) => sizes.Length == 2 && Array.TrueForAll(sizes, size => size is >= 1 and <= 4096)
        ? new Shape(sizes)
        : throw new UnsupportedBlockException(
            $"a partition is [{string.Join(", ", sizes)}], expected two numbers from 1 to 4096.");

    private static InterlacedOptions Options(BlockCase block)
    {
        // What norms are built with; synchronised ones are the same on one machine.
        block.Config.States("bn_type");
        return new InterlacedOptions
        {
            KeyChannels = block.Channels("key_channels"),
            ValueChannels = block.Channels("value_channels"),
            OutputChannels = block.Config.Has("out_channels") ? block.Channels("out_channels") : null,
        };
    }
}
