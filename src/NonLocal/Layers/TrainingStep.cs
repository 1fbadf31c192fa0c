using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>
/// Forward, loss and the gradients of all parameters as one program; it also moves running statistics. The update is another matter.
/// </summary>
public sealed class TrainingStep
{
    private const int FirstGradient = 2;

    private TrainingStep(Program program, IReadOnlyList<Variable> parameters)
    {
        Program = program;
        Parameters = parameters;
        Gradients = [.. program.Outputs.Skip(FirstGradient)];
    }

    /// <summary>Input 0 is x; then what the loss asked for, and <c>step</c> where there is dropout.</summary>
    public Program Program { get; }

    /// <summary>The parameters that the loss depends on.</summary>
    public IReadOnlyList<Variable> Parameters { get; }

    /// <summary>The mean loss of the batch, after a run.</summary>
    public float Loss => Program.Outputs[0].Span[0];

    /// <summary>What the network answered, after a run.</summary>
    public Tensor Prediction => Program.Outputs[1];

    /// <summary>A gradient for each of <see cref="Parameters"/>, in the engine's layout, after a run.</summary>
    public IReadOnlyList<Tensor> Gradients { get; }

    /// <summary>Builds and compiles a step.</summary>
    /// <param name="layer">
    /// Trained as a whole, except when its own <see cref="Module.Training"/> is on already: then every module's switch counts, so that
    /// parts set to
    /// <see cref="Module.Evaluate"/> keep their statistics.
    /// </param>
    /// <param name="input">The whole input shape, batch included.</param>
    /// <param name="loss">From the prediction to one number; makes its own inputs, such as the targets.</param>
    /// <param name="options">Passes, threads, memory.</param>
    /// <exception cref="ShapeException">The shapes do not fit, or the loss is not one number.</exception>
    public static TrainingStep Compile(Layer layer, Shape input, Func<Value, Value> loss, CompileOptions? options = null)
    {
        Graph graph = new();
        (Value value, Value prediction) = BuildLoss(graph, layer, input, loss);
        IReadOnlyList<Variable> parameters = layer.Parameters();
        Value?[] gradients = Differentiation.Gradients(value, [.. parameters.Select(graph.Read)]);
        Program program = Program.Compile(graph, [value, prediction, .. gradients.OfType<Value>()], options);
        return new TrainingStep(program, [.. parameters.Where((_, index) => gradients[index] is not null)]);
    }

    /// <summary>Connects a layer for training, as <see cref="Compile"/> says, and its loss.</summary>
    internal static (Value Loss, Value Prediction) BuildLoss(Graph graph, Layer layer, Shape input, Func<Value, Value> loss)
    {
        bool whole = !layer.Training;
        Value prediction;
        if (whole)
        {
            layer.Train();
        }

        try
        {
            prediction = layer.Forward(graph.Input("x", input));
        }
        finally
        {
            if (whole)
            {
                layer.Evaluate();
            }
        }

        Value value = loss(prediction);
        if (value.Shape.Count != 1)
        {
            throw new ShapeException($"a loss is one number, but it has shape {value.Shape}.");
        }

        return (value, prediction);
    }
}
