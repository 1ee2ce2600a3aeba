{# Rows whose currency is no ISO 4217 code. #}
{% test currency_code(model, column_name) %}
select {{ column_name }} from {{ model }} where not match({{ column_name }}, '^[A-Z]{3}$')
{% endtest %}
