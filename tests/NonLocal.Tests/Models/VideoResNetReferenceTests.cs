using NonLocal.Attention;
using NonLocal.Formats;
using NonLocal.Layers;
using NonLocal.Models;
using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;
using NonLocal.Testing;

namespace NonLocal.Tests.Models;

/// <summary>
/// Small networks of clips against PyTorch in double precision: logits in evaluation and training, and every gradient. The files and what
/// wrote them are in <c>tests/fixtures/video-networks</c>.
/// </summary>
public class VideoResNetReferenceTests
{
    private const double InDouble = 1e-10;

    // Norms over four values: in single precision PyTorch itself is 2e-4 of the largest away from its double precision.
    private const double InSingle = 1e-3;

    [Theory]
    [InlineData("c2d-nl")]
    [InlineData("i3d")]
    public void Evaluated_Definitions_EqualPyTorch(string name)
    {
        Case reference = new(name, training: false);
        AssertClose(reference.File["evaluated"], reference.Defined()[0], InDouble);
    }

    [Theory]
    [InlineData("c2d-nl")]
    [InlineData("i3d")]
    public void Evaluated_Kernels_EqualPyTorch(string name)
    {
        Case reference = new(name, training: false);
        AssertClose(reference.File["evaluated"], reference.Compiled()[0], InSingle);
    }

    [Theory]
    [InlineData("c2d-nl", true)]
    [InlineData("c2d-nl", false)]
    [InlineData("i3d", true)]
    [InlineData("i3d", false)]
    public void Trained_LogitsAndGradients_EqualPyTorch(string name, bool definitions)
    {
        Case reference = new(name, training: true);
        double[][] results = definitions ? reference.Defined() : reference.Compiled();
        double tolerance = definitions ? InDouble : InSingle;
        AssertClose(reference.File["trained"], results[0], tolerance);

        // Some gradients are nothing but what remains of sums that cancel.
        double least = 0.01 * reference.File
            .Where(tensor => tensor.Name.StartsWith("gradient.", StringComparison.Ordinal)).Max(tensor => tensor.ToDouble().Max(Math.Abs));
        for (int i = 0; i < reference.Parameters.Length; i++)
        {
            ModuleVariable parameter = reference.Parameters[i];
            double[] gradient = parameter.Layout.ToPublished<double>(results[i + 1], parameter.Variable.Shape);
            AssertClose(reference.File[$"gradient.{parameter.Name}"], gradient, tolerance, least);
        }
    }

    private static void AssertClose(StoredTensor expected, double[] actual, double tolerance, double leastScale = 0)
    {
        double[] numbers = expected.ToDouble();
        double scale = Math.Max(leastScale, numbers.Max(Math.Abs));
        Assert.Equal(numbers.Length, actual.Length);
        for (int i = 0; i < numbers.Length; i++)
        {
            double error = Math.Abs(numbers[i] - actual[i]) / scale;
            Assert.True(error <= tolerance, $"{expected.Name} [{i}] is {actual[i]}, expected {numbers[i]}: {error:e1} of the largest");
        }
    }

    // A network of the file, as a graph with what the file has results of.
    private sealed class Case
    {
        private const string StatePrefix = "state.";
        private readonly Graph graph = new();
        private readonly Value[] wanted;
        private readonly float[][] fed;

        public Case(string name, bool training)
        {
            File = CheckpointReader.Read(Fixtures.Path("video-networks", $"{name}.safetensors"));
            bool inflated = name == "i3d";
            VideoResNet network = new(
                new VideoResNetOptions
                {
                    Blocks = [1, 2, 2],
                    Planes = [2, 2, 3],
                    StemChannels = 3,
                    StemKernel = [inflated ? 5 : 1, 7, 7],
                    Inflation = inflated ? Inflation.FirstConvolution : Inflation.None,
                    FirstPool = ConvolutionGeometry.Create([1, 3, 3], [1, 2, 2], [0, 1, 1]),
                    SecondPool = ConvolutionGeometry.Create([2, 1, 1], [2, 1, 1]),
                    Dropout = 0,
                    Classes = 3,
                    Attention = [NonLocalPlacements.At(2, inflated ? [0] : [0, 1], NonLocalPreset.VideoNonlocalNet)],
                },
                new ModelInfo(name, 0, 0, [], [], [], null, new ClipInfo(4, 1)));
            StateDict.Load(network, new TensorFile(File
                .Where(tensor => tensor.Name.StartsWith(StatePrefix, StringComparison.Ordinal))
                .Select(tensor => tensor.WithName(tensor.Name[StatePrefix.Length..]))));
            Parameters = [.. network.Variables().Where(entry => entry.Variable.Kind == VariableKind.Parameter)];
            Value clip = graph.Input("clip", [2, 4, 16, 16, 3]);
            fed = [ChannelsLast(File["clip"].ToSingle(), 3), File["cotangent"].ToSingle()];
            if (training)
            {
                network.Train();
            }

            Value logits = network.Forward(clip);
            Value cotangent = graph.Input("cotangent", logits.Shape);
            wanted = training
                ? [logits, .. Differentiation.Gradients(
                    [logits], [cotangent], [.. Parameters.Select(entry => graph.Read(entry.Variable))]).Select(value => value!)]
                : [logits + (cotangent * 0)];
        }

        public TensorFile File { get; }

        public ModuleVariable[] Parameters { get; }

        public double[][] Compiled() =>
        [
            .. Program.Compile(graph, wanted).Run([.. fed.Select((content, i) => Tensor.From(graph.Inputs[i].Shape, content))])
                .Select(tensor => Array.ConvertAll(tensor.Span.ToArray(), number => (double)number)),
        ];

        public double[][] Defined()
        {
            Interpreter<double> interpreter = new(graph);
            for (int i = 0; i < fed.Length; i++)
            {
                interpreter.Feed(graph.Inputs[i], Array.ConvertAll(fed[i], number => (double)number));
            }

            interpreter.Run(wanted);
            return [.. wanted.Select(value => interpreter[value].ToArray())];
        }

        // [2, channels, positions] to [2, positions, channels].
        private static float[] ChannelsLast(float[] content, int channels)
        {
            int positions = content.Length / 2 / channels;
            float[] turned = new float[content.Length];
            for (int i = 0; i < content.Length; i++)
            {
                int sample = i / (channels * positions);
                turned[(((sample * positions) + (i % positions)) * channels) + (i / positions % channels)] = content[i];
            }

            return turned;
        }
    }
}
