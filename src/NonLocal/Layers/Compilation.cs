using NonLocal.Tensors;
using NonLocal.Tensors.Compile;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>From layers to programs.</summary>
public static class Compilation
{
    /// <summary>
    /// Compiles a layer for inference with one input shape: input 0 is x, output 0 the result. Its training switches stay as they are.
    /// </summary>
    /// <param name="layer">Later changes of its variables reach the program.</param>
    /// <param name="input">The whole shape, batch included.</param>
    /// <param name="options">Passes, threads, memory.</param>
    /// <exception cref="ShapeException">The shape does not fit; the message names the layer.</exception>
    public static Program CompileForInference(this Layer layer, Shape input, CompileOptions? options = null)
    {
        Graph graph = new();
        Value result = layer.BuildForInference(graph.Input("x", input));
        return Program.Compile(graph, [result], options);
    }

    /// <summary>Connects a layer as for inference, whatever its training switches say; they stay as they are.</summary>
    public static Value BuildForInference(this Layer layer, Value x)
    {
        Module[] training = [.. layer.Tree().Where(module => module.Training)];
        layer.Evaluate();
        try
        {
            return layer.Forward(x);
        }
        finally
        {
            foreach (Module module in training)
            {
                module.Training = true;
            }
        }
    }
}
