using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Runtime;
using NonLocal.Training;
using NonLocal.Vision.Datasets.Generated;

namespace NonLocal.Cli.Demonstration;

/// <summary>
/// What the demo asks and what it trains: do two distant marks match, and a residual network of which no last feature sees both. Sizes and
/// rates were chosen by trying; docs/results.md has the results of five seeds.
/// </summary>
/// <param name="Seed">Of pictures, first weights and order.</param>
/// <param name="Pictures">How many the networks learn from.</param>
/// <param name="Epochs">How often they see each.</param>
internal sealed record DemoTask(ulong Seed, int Pictures, int Epochs)
{
    /// <summary>Pictures of a step.</summary>
    public const int BatchSize = 32;

    /// <summary>The share of right answers of a guess: both classes are equally frequent.</summary>
    public const double Chance = 0.5;

    /// <summary>
    /// The most that a threshold on a sum can get right when no summand sees both marks; see <see cref="DistantMarks"/>.
    /// </summary>
    public const double LimitOfSums = 0.75;

    private const double Rate = 0.01;
    private const long WarmUpSteps = 50;
    private const int StemChannels = 16;

    // Blocks, channels and stride of each stage. The block of attention comes between the two.
    private static readonly int[] Blocks = [1, 1];
    private static readonly int[] Planes = [16, 32];
    private static readonly int[] Strides = [2, 1];

    /// <summary>The pictures.</summary>
    public static DistantMarksOptions Marks { get; } = new() { Distance = 22 };

    /// <summary>The side of the map that the block reads.</summary>
    public static int MapSide { get; } = Marks.Size / Strides[0];

    /// <summary>The side of the square of pixels that a feature of the last map sees.</summary>
    public static int Window { get; } = WindowOfLastFeature();

    /// <summary>How many pictures are kept for evaluation.</summary>
    public int HeldOut => Pictures / 8;

    /// <summary>The network, with first weights. What both have begins with the same numbers.</summary>
    /// <param name="withBlock">Whether a non-local block stands between its stages.</param>
    public (ResNet Network, NonLocalBlock? Block) CreateNetwork(bool withBlock)
    {
        NonLocalBlock? block = null;
        NonLocalOptions options = new() { LogitScale = LogitScale.InverseRootOfInnerChannels };
        AttentionPlacement between = new(Stage: 1, channels => block = new NonLocalBlock(channels, options));
        ResNetOptions shape = new()
        {
            Blocks = Blocks,
            Planes = Planes,
            Strides = Strides,
            Dilations = [1, 1],
            Stem = ResNetStem.Cifar,
            StemChannels = StemChannels,
            Classes = 2,
            Attention = withBlock ? [between] : [],
        };
        ModelInfo info = new("demo", Marks.Size, Marks.Size, [0.4f, 0.4f, 0.4f], [0.25f, 0.25f, 0.25f], ["differ", "match"]);
        ResNet network = new(shape, info);
        network.Initialize(Seed);
        return (network, block);
    }

    /// <summary>How both are trained.</summary>
    /// <param name="pool">The threads of one of them.</param>
    public TrainingPlan CreatePlan(WorkerPool pool)
    {
        long steps = (long)Epochs * (Pictures / BatchSize);
        return new TrainingPlan
        {
            Epochs = Epochs,
            BatchSize = BatchSize,
            Schedule = new CosineRate(Rate, steps).WithWarmUp(Math.Min(WarmUpSteps, steps), 0.1),
            Rule = new UpdateRule { Optimizer = new Adam { Decoupled = true, WeightDecay = 0.01, Beta2 = 0.99 } },
            Seed = Seed,
            BatchesAhead = 0,
            Options = new CompileOptions { Pool = pool },
        };
    }

    // Every convolution is 3 × 3 and reaches one position of its own input further on both sides.
    private static int WindowOfLastFeature()
    {
        const int stem = 3;
        (int window, int step) = (stem, 1);
        for (int stage = 0; stage < Blocks.Length; stage++)
        {
            window += 2 * step;
            step *= Strides[stage];
            window += 2 * step * ((2 * Blocks[stage]) - 1);
        }

        return window;
    }
}
