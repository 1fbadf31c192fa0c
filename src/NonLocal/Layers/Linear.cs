using NonLocal.Tensors;
using NonLocal.Tensors.Graphs;

namespace NonLocal.Layers;

/// <summary>Matrix product with the last axis: [… , inputs] to [… , outputs].</summary>
public sealed class Linear : Layer
{
    private readonly Variable weight;
    private readonly Variable? bias;

    /// <summary>A linear layer.</summary>
    /// <param name="inputs">Length of the last axis that comes in.</param>
    /// <param name="outputs">Length of the last axis that goes out.</param>
    /// <param name="bias">Adds a number to each output.</param>
    /// <param name="initializer">First weight; null: PyTorch's default.</param>
    /// <param name="biasInitializer">First bias; null: PyTorch's default, uniform in ±1/√inputs.</param>
    public Linear(int inputs, int outputs, bool bias = true, Initializer? initializer = null, Initializer? biasInitializer = null)
    {
        weight = Parameter("weight", [inputs, outputs], initializer ?? Initializers.FanInUniform, WeightLayout.Linear);
        if (bias)
        {
            this.bias = Parameter("bias", [outputs], biasInitializer ?? Initializers.Uniform(1 / Math.Sqrt(inputs)));
        }
    }

    /// <summary>[inputs, outputs].</summary>
    public Variable Weight => weight;

    /// <summary>[outputs]; null without bias.</summary>
    public Variable? Bias => bias;

    /// <inheritdoc/>
    protected override Value Build(Value x)
    {
        Value y = x.MatMul(x.Graph.Read(weight));
        return bias is null ? y : y + x.Graph.Read(bias);
    }
}
