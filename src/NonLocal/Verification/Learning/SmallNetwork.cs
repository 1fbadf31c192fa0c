using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Verification.Learning;

/// <summary>
/// The network of the files about training: relu(bn1(conv1 x)), the block, relu(bn2(conv2 y)) with stride 2, the mean over all positions,
/// fc, and the mean cross entropy. Both convolutions have kernel 3, padding 1 and no bias; channels are the file's.
/// </summary>
internal static class SmallNetwork
{
    /// <summary>Connects it to the inputs <c>input.0</c> and the targets, one class number for each sample.</summary>
    /// <exception cref="BlockMismatchException">The file's parameters are not those of this network.</exception>
    public static Value BuildLoss(BlockCase network)
    {
        Value x = network.Map("input.0");
        if (x.Shape.Rank != 4)
        {
            throw new BlockMismatchException($"'input.0' has {x.Shape.Rank} axes, expected 4.");
        }

        Value targets = network.Graph.Input("targets", [x.Shape[0]]);
        Value y = Convolve(network, x, "1", stride: 1);
        (Action<BlockCase> block, CaseConfig config) = PublishedBlock.Read(network.Config, y.Shape.Last);
        y = Convolve(network, network.Part(block, "block.", config, y), "2", stride: 2);
        Linear classifier = network.Use(new Linear(y.Shape.Last, Outputs(network, "fc.weight", rank: 2)), "fc.");
        return classifier.Forward(y.Mean(1, 2).Reshape([x.Shape[0], y.Shape.Last])).CrossEntropy(targets);
    }

    private static Value Convolve(BlockCase network, Value x, string number, int stride)
    {
        int channels = Outputs(network, $"conv{number}.weight", rank: 4);
        Conv convolution = new(x.Shape.Last, channels, [3, 3], stride: [stride, stride], padding: [1, 1], bias: false);
        x = network.Use(convolution, $"conv{number}.").Forward(x);
        return network.Use(new BatchNorm(channels), $"bn{number}.").Forward(x).Relu();
    }

    private static int Outputs(BlockCase network, string key, int rank) =>
        network.ParameterShape(key) is { } shape && shape.Rank == rank && shape[0] > 0
            ? shape[0]
            : throw new BlockMismatchException($"the file has no 'param.{key}' of {rank} axes, which the network needs.");
}
