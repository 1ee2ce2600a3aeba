{# What several rows have in these columns. #}
{% test unique_row(model, columns) %}
select {{ columns | join(', ') }}, count() as repeats
from {{ model }}
group by {{ columns | join(', ') }}
having count() > 1
{% endtest %}
