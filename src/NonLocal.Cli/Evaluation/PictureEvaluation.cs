using System.Diagnostics;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors.Compile;
using NonLocal.Training;
using NonLocal.Vision.Datasets;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Evaluation;

/// <summary>What a network of pictures says about a set of them.</summary>
internal static class PictureEvaluation
{
    private const int Batch = 50;

    /// <summary>Classifies all pictures of a set, resized as the network's <see cref="ModelInfo"/> says.</summary>
    /// <param name="network">Of pictures.</param>
    /// <param name="set">The pictures.</param>
    /// <param name="progress">Told how many are done, and of how many.</param>
    /// <returns>The logits [pictures, classes], and how long the network ran.</returns>
    /// <exception cref="IOException">A picture cannot be read.</exception>
    public static (float[] Logits, double Seconds) Run(Classifier network, PictureSet set, Action<int, int> progress)
    {
        ModelInfo info = network.Info;
        FittedPictures fitted = new(set, new PictureFit(info.Width, info.Height, info.ShorterSide));
        PictureSamples samples = new(fitted, info.Width, info.Height, [.. info.Mean], [.. info.Deviation]);
        BatchLoader loader = new(samples, Math.Min(Batch, set.Count), 0, training: false);
        Program program = network.CompileForInference(info.InputShape(loader.BatchSize));
        float[] logits = new float[set.Count * network.Classes];
        double seconds = 0;
        int done = 0;
        using BatchReader reader = loader.Read(0, 0, 1);
        while (reader.Next() is { } batch)
        {
            long start = Stopwatch.GetTimestamp();
            batch.Inputs.CopyTo(program.Inputs[0].Span);
            program.Run();
            program.Outputs[0].Span[..(batch.Rows * network.Classes)].CopyTo(logits.AsSpan(done * network.Classes));
            seconds += Stopwatch.GetElapsedTime(start).TotalSeconds;
            done += batch.Rows;
            progress(done, set.Count);
        }

        return (logits, seconds);
    }
}
