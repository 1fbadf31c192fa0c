using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using NonLocal.Analysis;

namespace NonLocal.Cli.Rendering;

/// <summary>One file of <c>verify</c>.</summary>
internal sealed record VerifyRow(
    string File,
    string Block,
    string Status,
    WorstTensor? Worst,
    double? LargestForwardError,
    double? LargestGradientError,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason);

/// <summary>The tensor that is furthest from the reference, in units of its tolerance.</summary>
internal sealed record WorstTensor(string Tensor, double Error, double Tolerance);

/// <summary>What <c>convert</c> wrote.</summary>
internal sealed record ConvertResult(string Input, string Output, int Tensors, long Bytes);

/// <summary>What <c>eval</c> found; a rate of pictures or of clips.</summary>
internal sealed record EvalResult(
    int Correct,
    int Samples,
    double Top1,
    double Top5,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ImagesPerSecond,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? ClipsPerSecond,
    EvalClass[] Classes);

/// <summary>One class of <c>eval</c>: how many samples it has, and how many of them were told.</summary>
internal sealed record EvalClass(string Name, int Samples, int Correct);

/// <summary>What <c>denoise</c> did, to how many frames if it was a video. Without a clean one there is nothing to compare with.</summary>
internal sealed record DenoiseResult(
    string Output,
    double Sigma,
    double H,
    int PatchRadius,
    int SearchRadius,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Frames,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Similarity? Before,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Similarity? After);

/// <summary>
/// How close a picture is to the clean one, in dB and from 0 to 1. PSNR is null for equal pictures, SSIM for those smaller than its window.
/// Of a video, PSNR is that of the mean squared error of all frames, SSIM the mean over frames.
/// </summary>
internal sealed record Similarity(double? Psnr, double? Ssim);

/// <summary>One picture of <c>predict</c>.</summary>
internal sealed record PredictRow(string File, Guess[] Top);

/// <summary>One video of <c>classify</c>.</summary>
internal sealed record ClassifyRow(string Video, Guess[] Top);

/// <summary>A class that a picture or video may be of.</summary>
internal sealed record Guess(string Label, double Probability);

/// <summary>What <c>explain</c> found about a picture.</summary>
internal sealed record ExplainResult(
    string Picture,
    Guess[] Top,
    ExplainRow[] Maps,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ExplainClassRow? GradCam,
    string[] Files);

/// <summary>What one position of a block reads: column and row, and the frame where there are several.</summary>
internal sealed record ExplainRow(
    string Block, string Kind, string At, int[] Position, double Sum, double Largest, int[] LargestAt, double Even);

/// <summary>Evidence for a class on a layer's map.</summary>
internal sealed record ExplainClassRow(string Class, double Logit, string Layer, string Map, double Largest);

/// <summary>What <c>explain --data</c> measured.</summary>
internal sealed record DependenceResult(int Samples, DependenceRow[] Blocks);

/// <summary>One block: mean distances over all pairs of positions. Null: not defined for the block.</summary>
internal sealed record DependenceRow(
    string Block,
    string Kind,
    int Positions,
    int Queries,
    EstimateNumber? InputCosine,
    EstimateNumber? OutputCosine,
    EstimateNumber? MapCosine,
    EstimateNumber? MapJensenShannon)
{
    /// <summary>What was measured of a block.</summary>
    public static DependenceRow Of(QueryDependence block) => new(
        block.Block.Path,
        block.Block.GetType().Name,
        block.Positions,
        block.Queries,
        Number(block.Input),
        Number(block.Output),
        Number(block.Maps),
        Number(block.Divergence));

    private static EstimateNumber? Number(Estimate? estimate) =>
        estimate is { } found ? new EstimateNumber(found.Mean, found.StandardError) : null;
}

/// <summary>A mean and its standard error.</summary>
internal sealed record EstimateNumber(double Mean, double StandardError);

/// <summary>What <c>bench</c> measured. Bytes of the arena exclude the other four.</summary>
internal sealed record BenchResult(
    double MedianMs,
    double MinMs,
    long Flops,
    long LiteralFlops,
    double PeakFraction,
    int Threads,
    long ArenaBytes,
    long InputBytes,
    long OutputBytes,
    long ParameterBytes,
    long PackedBytes);

/// <summary>How a run of <c>train</c> ended. Best is the highest top 1, from 0 to 1; null without test data.</summary>
internal sealed record TrainResult(string Folder, bool Finished, long Step, long Steps, double? BestTop1, string BestCheckpoint);

/// <summary>Where a run took place.</summary>
internal sealed record RunEnvironment(
    string Version, string Runtime, string System, string Architecture, int Processors, int Threads, int VectorBits);

/// <summary>What <c>summary</c> shows.</summary>
internal sealed record SummaryResult(
    string Model,
    string Input,
    string Output,
    SummaryRow[] Modules,
    long Parameters,
    long Flops,
    long AttentionFlops,
    long ActivationBytes,
    long ArenaBytes,
    long PackedBytes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Milliseconds,
    SummaryBlock[] Blocks);

/// <summary>One attention block with all that is inside it: its share of arithmetic and of time, from 0 to 1.</summary>
internal sealed record SummaryBlock(
    string Block,
    string Kind,
    double FlopsShare,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? TimeShare);

/// <summary>One module: what it alone does, without the modules below it.</summary>
internal sealed record SummaryRow(
    string Module,
    string Kind,
    string Output,
    long Parameters,
    long Flops,
    long AttentionFlops,
    long ActivationBytes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Milliseconds);

/// <summary>One model of <c>models</c>; multiply-adds are of one picture.</summary>
internal sealed record ModelRow(
    string Name, string Input, int Classes, long Parameters, long MultiplyAdds, string Description, string Source);

/// <summary>One block of <c>blocks</c>; without costs when it does not read maps of the shape.</summary>
internal sealed record BlockRow(
    string Name,
    string Description,
    string Source,
    int[] Axes,
    long? Parameters,
    long? Flops,
    long? LiteralFlops,
    long? ArenaBytes,
    long? LiteralArenaBytes,
    string Route);

/// <summary>What <c>compare</c> found. Limits are in bytes; systems that do not read the input are left out.</summary>
internal sealed record CompareResult(
    string Input,
    int Threads,
    int Repeat,
    long MemoryLimit,
    CompareRow[] Systems,
    string[] LeftOut,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] CompareCurve[]? Curves,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Picture);

/// <summary>One system of <c>compare</c>. Arena and time are null where it needs more memory than the limit.</summary>
internal sealed record CompareRow(
    string System,
    string Route,
    long Parameters,
    long Flops,
    long? ArenaBytes,
    long? TrainingArenaBytes,
    double? InferenceMs,
    double? TrainingMs,
    string ReceptiveField);

/// <summary>One system of <c>compare</c> at inference on square maps of growing size, up to the limits.</summary>
internal sealed record CompareCurve(string System, string Route, SizePoint[] Points);

/// <summary>One map of a curve.</summary>
internal sealed record SizePoint(int Side, long Positions, double InferenceMs, long ArenaBytes);

/// <summary>What <c>data verify</c> found.</summary>
internal sealed record DataResult(
    string Path,
    string Kind,
    int Samples,
    DataClass[] Classes,
    DataSize[] Sizes,
    string[] Problems,
    DataPicture[] Bad,
    DataPicture[] Unusual);

/// <summary>What <c>data generate</c> wrote.</summary>
internal sealed record GenerateResult(string Folder, int Clips, string[] Classes);

/// <summary>A class and how many samples it has.</summary>
internal sealed record DataClass(string Name, int Samples);

/// <summary>A size and how many pictures have it.</summary>
internal sealed record DataSize(int Width, int Height, int Channels, int Samples);

/// <summary>A picture about which there is something to say.</summary>
internal sealed record DataPicture(int Index, string Reason);

/// <summary>What <c>demo</c> found: both networks, the one without the block first; shares are of the held-out pictures.</summary>
internal sealed record DemoResult(
    ulong Seed,
    int Pictures,
    int HeldOut,
    int Epochs,
    DemoRow[] Networks,
    double Chance,
    double LimitOfSums,
    bool Separate,
    DependenceRow Block,
    string Picture,
    double Seconds);

/// <summary>One network of <c>demo</c>.</summary>
internal sealed record DemoRow(string Network, long Parameters, double Accuracy, double Loss);

/// <summary>The JSON forms of all results; generated, because the program uses no reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    WriteIndented = true)]
[JsonSerializable(typeof(VerifyRow[]))]
[JsonSerializable(typeof(ConvertResult))]
[JsonSerializable(typeof(DenoiseResult))]
[JsonSerializable(typeof(DependenceResult))]
[JsonSerializable(typeof(ExplainResult))]
[JsonSerializable(typeof(EvalResult))]
[JsonSerializable(typeof(PredictRow[]))]
[JsonSerializable(typeof(ClassifyRow[]))]
[JsonSerializable(typeof(BenchResult))]
[JsonSerializable(typeof(SummaryResult))]
[JsonSerializable(typeof(ModelRow[]))]
[JsonSerializable(typeof(BlockRow[]))]
[JsonSerializable(typeof(CompareResult))]
[JsonSerializable(typeof(DataResult))]
[JsonSerializable(typeof(GenerateResult))]
[JsonSerializable(typeof(TrainResult))]
[JsonSerializable(typeof(RunEnvironment))]
[JsonSerializable(typeof(DemoResult))]
internal sealed partial class Results : JsonSerializerContext
{
    /// <summary>Writes one JSON value and a line end.</summary>
    public static void Write<T>(Terminal terminal, T value, JsonTypeInfo<T> type) =>
        terminal.Output.WriteLine(JsonSerializer.Serialize(value, type));
}
