using System.Text.Json;
using NonLocal.Attention;
using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;
using NonLocal.Testing;
using NonLocal.Training;

namespace NonLocal.Tests.Training;

/// <summary>Five steps of training that the published block and PyTorch made.</summary>
public class PublishedTrainingTests
{
    private const int Steps = 5;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_FivePublishedSteps_SameLossesAndParameters(bool seam)
    {
        TensorFile file = Safetensors.Read(Fixtures.Path("goldens", "train", "nonlocal_sgd_nesterov.safetensors"));
        JsonElement config = JsonDocument.Parse(file.Metadata["config"]).RootElement;
        Network network = new();
        StateDict.Load(network, Part(file, "param."));
        UpdateRule rule = new()
        {
            Optimizer = new Sgd
            {
                Momentum = config.GetProperty("momentum").GetDouble(),
                Nesterov = config.GetProperty("nesterov").GetBoolean(),
                WeightDecay = config.GetProperty("weight_decay").GetDouble(),
            },
        };
        LearningStep step = LearningStep.Compile(
            network,
            [6, 8, 7, 3],
            logits => logits.CrossEntropy(logits.Graph.Input("targets", [6])),
            new ParameterUpdate(network, rule),
            seam: seam);
        float[] losses = file["loss"].ToSingle();
        for (int t = 0; t < Steps; t++)
        {
            ChannelsLast(file[$"input.{t}"]).CopyTo(step.Inputs[0].Span);
            file[$"target.{t}"].ToSingle().CopyTo(step.Inputs[1].Span);
            step.Run(config.GetProperty("lr_per_step")[t].GetDouble(), t);
            Assert.Equal(losses[t], step.Loss, 1e-5 * losses[t]);
        }

        string[] skipped = [.. config.GetProperty("skip_in_final").EnumerateArray().Select(name => name.GetString()!)];
        TensorFile after = StateDict.Save(network);
        foreach (StoredTensor expected in Part(file, "final.").Where(tensor => !skipped.Contains(tensor.Name)))
        {
            // The file holds its counters as they were at the end under both names, so that only their growth says anything.
            if (expected.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            {
                Assert.Equal(file[$"param.{expected.Name}"].ToInt64()[0] + Steps, after[expected.Name].ToInt64()[0]);
            }
            else
            {
                AssertClose(expected, after[expected.Name], 5e-5);
            }
        }
    }

    private static TensorFile Part(TensorFile file, string prefix) => new(
        file.Where(tensor => tensor.Name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(tensor => tensor.WithName(tensor.Name[prefix.Length..])));

    private static float[] ChannelsLast(StoredTensor tensor)
    {
        (long n, long c, long area) = (tensor.Shape[0], tensor.Shape[1], tensor.Shape[2] * tensor.Shape[3]);
        float[] from = tensor.ToSingle();
        float[] to = new float[from.Length];
        for (long i = 0; i < n * c * area; i++)
        {
            (long sample, long channel, long position) = (i / (c * area), i / area % c, i % area);
            to[(((sample * area) + position) * c) + channel] = from[i];
        }

        return to;
    }

    private static void AssertClose(StoredTensor expected, StoredTensor actual, double tolerance)
    {
        double[] reference = expected.ToDouble();
        double[] found = actual.ToDouble();
        double difference = Math.Sqrt(reference.Select((x, i) => Math.Pow(x - found[i], 2)).Sum());
        double size = Math.Sqrt(reference.Sum(x => x * x));
        Assert.True(difference <= tolerance * size, $"{expected.Name}: relative error {difference / size:E2}, tolerance {tolerance:E0}.");
    }

    private sealed class Network : Layer
    {
        private readonly Conv first;
        private readonly BatchNorm firstNorm;
        private readonly NonLocalBlock block;
        private readonly Conv second;
        private readonly BatchNorm secondNorm;
        private readonly Linear classifier;

        public Network()
        {
            first = Register("conv1", new Conv(3, 8, [3, 3], padding: [1, 1], bias: false));
            firstNorm = Register("bn1", new BatchNorm(8));
            block = Register("block", new NonLocalBlock(8, Pairwise.EmbeddedGaussian, subsample: true));
            second = Register("conv2", new Conv(8, 8, [3, 3], stride: [2, 2], padding: [1, 1], bias: false));
            secondNorm = Register("bn2", new BatchNorm(8));
            classifier = Register("fc", new Linear(8, 4));
        }

        protected override Value Build(Value x)
        {
            Value y = block.Forward(firstNorm.Forward(first.Forward(x)).Relu());
            y = secondNorm.Forward(second.Forward(y)).Relu();
            return classifier.Forward(y.Mean(1, 2).Reshape([x.Shape[0], 8]));
        }
    }
}
