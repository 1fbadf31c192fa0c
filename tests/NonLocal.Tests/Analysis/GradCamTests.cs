using NonLocal.Analysis;
using NonLocal.Attention;
using NonLocal.Layers;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Tests.Attention;

namespace NonLocal.Tests.Analysis;

public class GradCamTests
{
    private static readonly Shape Picture = [1, 4, 5, 3];
    private static readonly Shape Clip = [1, 2, 3, 4, 3];

    // Behind a mean and a linear layer Grad-CAM is the map weighed by the class's row, over the number of positions.
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Of_AMeanAndALinearLayer_IsTheClassActivationMap(int number)
    {
        Head network = BlockRun.Randomised(new Head(new Conv(3, 4, [3, 3], padding: [1, 1])));
        float[] sample = Sample(Picture);
        ClassEvidence found = new GradCam(network, Picture).Of(sample, number);

        Graph graph = new();
        Value map = network.Body.BuildForInference(graph.Input("x", Picture));
        ReadOnlySpan<float> features = Program.Compile(graph, [map]).Run(Tensor.From(Picture, sample))[0].Span;
        ReadOnlySpan<float> weight = network.Classifier.Weight.Value.Span;
        for (int position = 0; position < 20; position++)
        {
            double sum = 0;
            for (int channel = 0; channel < 4; channel++)
            {
                sum += features[(position * 4) + channel] * weight[(channel * 3) + number] / 20;
            }

            Assert.Equal(Math.Max(0, sum), found.Weights[position], 1e-5);
        }

        Assert.Equal((number, "body"), (found.Class, found.Layer));
        Assert.Equal(new Shape(4, 5), found.Grid);
    }

    [Fact]
    public void Of_NoClass_IsTheLikeliest()
    {
        Head network = BlockRun.Randomised(new Head(new NonLocalBlock(3)));
        float[] sample = Sample(Picture);
        GradCam gradCam = new(network, Picture);
        ClassEvidence found = gradCam.Of(sample);
        Assert.Equal(found.Logits.Max(), found.Logits[found.Class]);
        Assert.Equal(found.Weights, gradCam.Of(sample, found.Class).Weights);
        Assert.All(found.Weights, weight => Assert.True(weight >= 0));
    }

    [Fact]
    public void Of_AClip_HasWeightsInTime()
    {
        Head network = BlockRun.Randomised(new Head(new Conv(3, 4, [1, 1, 1])));
        ClassEvidence found = new GradCam(network, Clip).Of(Sample(Clip));
        Assert.Equal(new Shape(2, 3, 4), found.Grid);
        Assert.Equal(24, found.Weights.Length);
    }

    [Fact]
    public void GradCam_OfALayer_WeighsItsMap()
    {
        Head network = BlockRun.Randomised(
            new Head(new Sequential(("first", new Conv(3, 6, [1, 1], [2, 2])), ("second", new Conv(6, 4, [1, 1])))));
        ClassEvidence found = new GradCam(network, Picture, "body.first").Of(Sample(Picture));
        Assert.Equal(("body.first", new Shape(2, 3)), (found.Layer, found.Grid));
        Assert.Contains(
            "'other'", Assert.Throws<ArgumentException>(() => new GradCam(network, Picture, "other")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new GradCam(network, Picture).Of(Sample(Picture), 3));
    }

    private static float[] Sample(Shape shape)
    {
        Random random = new(5);
        return [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (random.NextSingle() * 2) - 1)];
    }

    private sealed class Head : Layer
    {
        public Head(Layer body)
        {
            Body = Register("body", body);
            Classifier = Register("classifier", new Linear(body is NonLocalBlock ? 3 : 4, 3));
        }

        public Layer Body { get; }

        public Linear Classifier { get; }

        protected override Value Build(Value x)
        {
            Value map = Body.Forward(x);
            int[] axes = [.. Enumerable.Range(1, map.Shape.Rank - 2)];
            return Classifier.Forward(map.Mean(axes).Reshape([map.Shape[0], map.Shape.Last]));
        }
    }
}
