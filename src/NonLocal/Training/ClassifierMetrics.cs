using NonLocal.Tensors;
using NonLocal.Tensors.Compile;

namespace NonLocal.Training;

/// <summary>How well a classifier answers.</summary>
/// <param name="Top1">The share of samples whose class got the largest logit.</param>
/// <param name="Top5">The share of samples whose class is among the five largest.</param>
/// <param name="Loss">The mean cross entropy.</param>
/// <param name="Samples">How many there were.</param>
public readonly record struct ClassifierMetrics(double Top1, double Top5, double Loss, int Samples)
{
    private const int Five = 5;

    /// <summary>Evaluates a network on all samples of a loader.</summary>
    /// <param name="program">Compiled for inference, for the loader's batches; output 0 is the logits [batch, classes].</param>
    /// <param name="loader">Targets are class numbers.</param>
    /// <param name="ahead">How many batches are prepared ahead.</param>
    /// <param name="threads">By how many threads.</param>
    public static ClassifierMetrics Evaluate(Program program, BatchLoader loader, int ahead = 2, int threads = 1)
    {
        (int first, int five, double loss, int samples) = (0, 0, 0, 0);
        using BatchReader reader = loader.Read(0, 0, 1, ahead, threads);
        while (reader.Next() is { } batch)
        {
            batch.Inputs.CopyTo(program.Inputs[0].Span);
            program.Run();
            Tensor logits = program.Outputs[0];
            int classes = logits.Shape.Last;
            for (int row = 0; row < batch.Rows; row++)
            {
                ReadOnlySpan<float> answer = logits.Span.Slice(row * classes, classes);
                int target = (int)batch.Targets[row];
                int rank = RankOf(answer, target);
                first += rank == 0 ? 1 : 0;
                five += rank < Five ? 1 : 0;
                loss += CrossEntropy(answer, target);
            }

            samples += batch.Rows;
        }

        return new ClassifierMetrics((double)first / samples, (double)five / samples, loss / samples, samples);
    }

    // How many classes come before the target. Equal logits go by class number; what is not a number comes first.
    private static int RankOf(ReadOnlySpan<float> logits, int target)
    {
        int rank = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            rank += i != target && (!(logits[i] <= logits[target]) || (logits[i] == logits[target] && i < target)) ? 1 : 0;
        }

        return rank;
    }

    private static double CrossEntropy(ReadOnlySpan<float> logits, int target)
    {
        double largest = double.NegativeInfinity;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        return Math.Log(sum) + largest - logits[target];
    }
}
