// What README.md shows, between the marks, is this file: ReadmeTests compares them and runs it.
// README: network
using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

public sealed class SmallNetwork : Layer
{
    private readonly Conv stem;
    private readonly NonLocalBlock attention;
    private readonly Linear classifier;

    public SmallNetwork()
    {
        stem = Register("stem", new Conv(3, 32, kernel: [3, 3], stride: [2, 2], padding: [1, 1]));
        attention = Register("attention", new NonLocalBlock(32, Pairwise.EmbeddedGaussian, subsample: true));
        classifier = Register("classifier", new Linear(32, 10));
    }

    protected override Value Build(Value x)                             // [n, 64, 64, 3]
    {
        Value y = attention.Forward(stem.Forward(x).Relu());            // [n, 32, 32, 32]
        return classifier.Forward(y.Mean(1, 2).Reshape([x.Shape[0], 32]));
    }
}
// README: end
